/* What the board does for the host: takes models and samples, runs them, gives results back. */
#ifndef MENDLITE_HARNESS_H
#define MENDLITE_HARNESS_H

#include "board.h"
#include "frame.h"
#include "receiver.h"
#include "session.h"

struct mendlite_harness {
  struct mendlite_receiver receiver;
  struct mendlite_session session;
  struct mendlite_board board;
  /* Text was said since the last frame: the next one must be cut off from it. */
  bool text_said;
  uint8_t received[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
  uint8_t body[MENDLITE_FRAME_HEADER + MENDLITE_FRAME_PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  uint8_t encoded[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
};

/* Prepares the harness; the memory is its own from now on. */
void mendlite_harness_start(struct mendlite_harness *harness, uint8_t *memory, uint32_t size);

/* Takes received bytes and answers what they ask. */
void mendlite_harness_receive(struct mendlite_harness *harness, const uint8_t *data, size_t size);

/* Runs one sample of what is to be run; false where nothing is. */
bool mendlite_harness_step(struct mendlite_harness *harness);

#endif
