/* The board's end of the line: received bytes become frames and commands, and their answers are
 * sent.
 */
#ifndef MENDLITE_HARNESS_H
#define MENDLITE_HARNESS_H

#include "board.h"
#include "frame.h"
#include "receiver.h"
#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mendlite_harness {
  struct mendlite_receiver receiver;
  struct mendlite_session session;
  struct mendlite_board board;
  /* The caller's: what the receiver fills. */
  uint8_t *received;
  /* Text was said since the last frame: the next one must be cut off from it. */
  bool text_said;
};

/* Bytes of buffers for frames whose payload has so many bytes at most: what the receiver fills, an
 * answer before it is encoded, and one afterwards. */
#define MENDLITE_HARNESS_BUFFERS(payload) \
  (2 * MENDLITE_FRAME_ENCODED(payload) +  \
   (MENDLITE_FRAME_HEADER + (payload) + MENDLITE_FRAME_CHECKSUM))

/* Bytes of the least payload that the harness works with: RUN with the tensors that it may name. */
enum { MENDLITE_HARNESS_LEAST_PAYLOAD = 16 + 4 * MENDLITE_MOST_TENSORS };

/* What the harness uses from now on, all of it the caller's. */
struct mendlite_harness_memory {
  /* For frames: MENDLITE_HARNESS_BUFFERS of the largest payload, which the host is told. */
  uint8_t *buffers;
  uint32_t buffers_size;
  /* For model, arena, samples and results, in this order, from an address that is a multiple of
   * 16; NULL and 0 where no model is to be run. */
  uint8_t *data;
  uint32_t size;
};

/* Prepares the harness and greets the host. Returns 0, or MENDLITE_STATUS_NO_ROOM where the buffers
 * have no room for MENDLITE_HARNESS_LEAST_PAYLOAD: then nothing was said, and it must not be used.
 */
int mendlite_harness_start(struct mendlite_harness *harness,
                           const struct mendlite_harness_memory *memory);

/* One turn of a loop that also has other work: takes size received bytes (none: 0), answers the
 * requests that end among them, and runs one sample where a run is under way. Returns whether it
 * ran one: then it is worth calling again without waiting for bytes. */
bool mendlite_harness_serve(struct mendlite_harness *harness, const uint8_t *data, size_t size);

/* Adds size received bytes, any number of frames and commands or a part of one, and sends the
 * answers to those that end among them. Does not return where the host asks for a reset. */
void mendlite_harness_receive(struct mendlite_harness *harness, const uint8_t *data, size_t size);

/* Runs one sample, if a run is under way that has some left; false where none is. */
bool mendlite_harness_step(struct mendlite_harness *harness);

#ifdef __cplusplus
}
#endif

#endif
