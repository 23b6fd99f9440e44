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

enum received { RECEIVED_NOTHING, RECEIVED_FRAME, RECEIVED_TEXT };

struct receiver {
  uint8_t *buffer;
  size_t room;
  size_t used;
  /* More came than there is room for: the frame is lost. */
  bool overflow;
};

/* Starts over, with the caller's buffer. */
void receiver_reset(struct receiver *receiver, uint8_t *buffer, size_t room);

/* Takes one byte. After RECEIVED_FRAME and RECEIVED_TEXT the bytes, without their end, lie in
 * buffer, used of them, until receiver_clear; what overflowed has used 0. */
enum received receiver_take(struct receiver *receiver, uint8_t byte);

void receiver_clear(struct receiver *receiver);

#endif
