#include "receiver.h"

void receiver_clear(struct receiver *receiver) {
  receiver->used = 0;
  receiver->overflow = false;
  receiver->printable = true;
}

void receiver_reset(struct receiver *receiver, uint8_t *buffer, size_t room) {
  receiver->buffer = buffer;
  receiver->room = room;
  receiver_clear(receiver);
}

static bool is_printable(uint8_t byte) {
  return (byte >= ' ' && byte <= '~') || byte == '\r' || byte == '\n';
}

enum received receiver_take(struct receiver *receiver, uint8_t byte) {
  if (byte == 0) {
    if (receiver->overflow) {
      receiver->used = 0;
      return RECEIVED_FRAME;
    }
    return receiver->used > 0 ? RECEIVED_FRAME : RECEIVED_NOTHING;
  }
  if (byte == '%' && receiver->printable && receiver->used <= LONGEST_TEXT) {
    return RECEIVED_TEXT;
  }
  receiver->printable = receiver->printable && is_printable(byte);
  if (receiver->used == receiver->room) {
    receiver->overflow = true;
    return RECEIVED_NOTHING;
  }
  receiver->buffer[receiver->used++] = byte;
  return RECEIVED_NOTHING;
}
