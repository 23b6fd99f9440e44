/* What the board does for the host: takes models and samples, runs them, gives results back. */
#ifndef MENDLITE_HARNESS_H
#define MENDLITE_HARNESS_H

#include "board.h"
#include "frame.h"
#include "receiver.h"
#include "session.h"

struct harness {
  struct receiver receiver;
  struct session session;
  struct board board;
  /* Text was said since the last frame: the next one must be cut off from it. */
  bool text_said;
  uint8_t received[FRAME_ENCODED(FRAME_PAYLOAD)];
  uint8_t body[FRAME_HEADER + FRAME_PAYLOAD + FRAME_CHECKSUM];
  uint8_t encoded[FRAME_ENCODED(FRAME_PAYLOAD)];
};

/* Prepares the harness; the memory is its own from now on. */
void harness_start(struct harness *harness, uint8_t *memory, uint32_t size);

/* Takes received bytes and answers what they ask. */
void harness_receive(struct harness *harness, const uint8_t *data, size_t size);

/* Runs one sample of what is to be run; false where nothing is. */
bool harness_step(struct harness *harness);

#endif
