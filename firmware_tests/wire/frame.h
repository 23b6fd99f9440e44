/* Frames: COBS(type, session, sequence, payload, CRC-32), ended by a zero byte (docs/SPEC.md). */
#ifndef MENDLITE_FRAME_H
#define MENDLITE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cobs.h"

enum { MENDLITE_FRAME_HEADER = 4, MENDLITE_FRAME_CHECKSUM = 4 };

/* Largest payload of a frame, in bytes; a build may set a smaller one. */
#ifndef MENDLITE_FRAME_PAYLOAD
#define MENDLITE_FRAME_PAYLOAD 2048
#endif

/* Bytes on the wire of a frame with a payload of size bytes, its end included. */
#define MENDLITE_FRAME_ENCODED(size) \
  (MENDLITE_COBS_ENCODED((size) + MENDLITE_FRAME_HEADER + MENDLITE_FRAME_CHECKSUM) + 1)

struct mendlite_frame {
  uint8_t type;
  uint8_t session;
  uint16_t sequence;
  const uint8_t *payload;
  size_t size;
};

/* Decodes the bytes before the ending zero, in place; payload points into them. Returns 0, or
 * MENDLITE_STATUS_DAMAGED. */
int mendlite_frame_decode(uint8_t *encoded, size_t size, struct mendlite_frame *frame);

/* Encodes a frame whose payload lies MENDLITE_FRAME_HEADER bytes into body (which has room for
 * header and checksum besides); the bytes written to encoded. */
size_t mendlite_frame_encode(const struct mendlite_frame *frame, uint8_t *body, uint8_t *encoded);

#endif
