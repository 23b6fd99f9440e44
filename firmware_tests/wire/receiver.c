#include "receiver.h"

#include "request.h"

void mendlite_receiver_clear(struct mendlite_receiver *receiver) {
  receiver->used = 0;
  receiver->overflow = false;
}

void mendlite_receiver_reset(struct mendlite_receiver *receiver, uint8_t *buffer, size_t room) {
  receiver->buffer = buffer;
  receiver->room = room;
  mendlite_receiver_clear(receiver);
}

static bool is_text(const struct mendlite_receiver *receiver) {
  /* A frame may begin with a '%', its length; its second byte is none. */
  return receiver->used == 1 ||
         (receiver->used > 1 && receiver->buffer[1] > MENDLITE_LARGEST_REQUEST);
}

static enum mendlite_received end(struct mendlite_receiver *receiver, enum mendlite_received what) {
  if (receiver->overflow) {
    receiver->used = 0;
  }
  return what;
}

enum mendlite_received mendlite_receiver_take(struct mendlite_receiver *receiver, uint8_t byte) {
  if (byte == 0) {
    return receiver->used > 0 ? end(receiver, MENDLITE_RECEIVED_FRAME) : MENDLITE_RECEIVED_NOTHING;
  }
  if (byte == '%' && is_text(receiver)) {
    return end(receiver, MENDLITE_RECEIVED_TEXT);
  }
  if (receiver->used == receiver->room) {
    receiver->overflow = true;
    return MENDLITE_RECEIVED_NOTHING;
  }
  receiver->buffer[receiver->used++] = byte;
  return MENDLITE_RECEIVED_NOTHING;
}
