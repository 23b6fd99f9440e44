#include "receiver.h"

#include "request.h"

void receiver_clear(struct receiver *receiver) {
  receiver->used = 0;
  receiver->overflow = false;
}

void receiver_reset(struct receiver *receiver, uint8_t *buffer, size_t room) {
  receiver->buffer = buffer;
  receiver->room = room;
  receiver_clear(receiver);
}

static bool is_text(const struct receiver *receiver) {
  /* A frame may begin with a '%', its length; its second byte is none. */
  return receiver->used == 1 || (receiver->used > 1 && receiver->buffer[1] > LARGEST_REQUEST);
}

static enum received end(struct receiver *receiver, enum received what) {
  if (receiver->overflow) {
    receiver->used = 0;
  }
  return what;
}

enum received receiver_take(struct receiver *receiver, uint8_t byte) {
  if (byte == 0) {
    return receiver->used > 0 ? end(receiver, RECEIVED_FRAME) : RECEIVED_NOTHING;
  }
  if (byte == '%' && is_text(receiver)) {
    return end(receiver, RECEIVED_TEXT);
  }
  if (receiver->used == receiver->room) {
    receiver->overflow = true;
    return RECEIVED_NOTHING;
  }
  receiver->buffer[receiver->used++] = byte;
  return RECEIVED_NOTHING;
}
