/* Frames: COBS(type, session, sequence, payload, CRC-32), ended by a zero byte (docs/SPEC.md). */
#ifndef MENDLITE_FRAME_H
#define MENDLITE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cobs.h"

enum { FRAME_HEADER = 4, FRAME_CHECKSUM = 4 };

/* Largest payload of a frame, in bytes; a build may set a smaller one. */
#ifndef FRAME_PAYLOAD
#define FRAME_PAYLOAD 2048
#endif

/* Bytes on the wire of a frame with a payload of size bytes, its end included. */
#define FRAME_ENCODED(size) (COBS_ENCODED((size) + FRAME_HEADER + FRAME_CHECKSUM) + 1)

struct frame {
  uint8_t type;
  uint8_t session;
  uint16_t sequence;
  const uint8_t *payload;
  size_t size;
};

/* Decodes the bytes before the ending zero, in place; payload points into them. Returns 0, or
 * STATUS_DAMAGED. */
int frame_decode(uint8_t *encoded, size_t size, struct frame *frame);

/* Encodes a frame whose payload lies FRAME_HEADER bytes into body (which has room for header and
 * checksum besides); the bytes written to encoded. */
size_t frame_encode(const struct frame *frame, uint8_t *body, uint8_t *encoded);

#endif
