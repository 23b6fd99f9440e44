/* Cuts what comes over the line into frames, and into the text commands of MLPerf Tiny's protocol.
 *
 * A frame ends with a zero byte, a text command with '%'. The second byte tells them apart: a
 * frame's is its request's number, which no text has there, whatever noise came before it.
 */
#ifndef MENDLITE_RECEIVER_H
#define MENDLITE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mendlite_received {
  /* Nothing has ended yet. */
  MENDLITE_RECEIVED_NOTHING,
  MENDLITE_RECEIVED_FRAME,
  MENDLITE_RECEIVED_TEXT
};

struct mendlite_receiver {
  /* The caller's, and how many bytes it holds. */
  uint8_t *buffer;
  size_t room;
  /* Bytes of it that are filled, 0 ... room. */
  size_t used;
  /* More came than there is room for: the frame is lost. */
  bool overflow;
};

/* Starts over, with a buffer of room bytes that the receiver uses from now on. */
void mendlite_receiver_reset(struct mendlite_receiver *receiver, uint8_t *buffer, size_t room);

/* Adds one byte. After MENDLITE_RECEIVED_FRAME and MENDLITE_RECEIVED_TEXT the bytes, without their
 * end, lie in buffer, used of them, until mendlite_receiver_clear; what overflowed has used 0. */
enum mendlite_received mendlite_receiver_take(struct mendlite_receiver *receiver, uint8_t byte);

/* Drops the bytes in the buffer. */
void mendlite_receiver_clear(struct mendlite_receiver *receiver);

#ifdef __cplusplus
}
#endif

#endif
