/* The board's end of the line: received bytes become frames and commands, and their answers are
 * sent.
 */
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
  /* What the receiver fills, and the session's room for answers. */
  uint8_t received[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
  uint8_t body[MENDLITE_FRAME_HEADER + MENDLITE_FRAME_PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  uint8_t encoded[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
};

/* Prepares the harness and greets the host. It uses the memory, size bytes from an address that is
 * a multiple of 16, from now on: for model, arena, samples and results. */
void mendlite_harness_start(struct mendlite_harness *harness, uint8_t *memory, uint32_t size);

/* Adds size received bytes, any number of frames and commands or a part of one, and sends the
 * answers to those that end among them. Does not return where the host asks for a reset. */
void mendlite_harness_receive(struct mendlite_harness *harness, const uint8_t *data, size_t size);

/* Runs one sample, if a run is under way that has some left; false where none is. */
bool mendlite_harness_step(struct mendlite_harness *harness);

#endif
