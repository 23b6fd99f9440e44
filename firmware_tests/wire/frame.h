/* Frames: COBS(type, session, sequence, payload, CRC-32), ended by a zero byte (docs/SPEC.md). */
#ifndef MENDLITE_FRAME_H
#define MENDLITE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cobs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes in front of a payload and behind it, before they are encoded. */
enum { MENDLITE_FRAME_HEADER = 4, MENDLITE_FRAME_CHECKSUM = 4 };

/* Bytes of the largest payload that main.c and the tests give room for; a build may set fewer. */
#ifndef MENDLITE_FRAME_PAYLOAD
#define MENDLITE_FRAME_PAYLOAD 2048
#endif

/* Bytes on the wire, at most, of a frame with a payload of size bytes; the ending zero included. */
#define MENDLITE_FRAME_ENCODED(size) \
  (MENDLITE_COBS_ENCODED((size) + MENDLITE_FRAME_HEADER + MENDLITE_FRAME_CHECKSUM) + 1)

struct mendlite_frame {
  /* A request (request.h), or an answer to one (session.h). */
  uint8_t type;
  /* The session's number; 0: none. */
  uint8_t session;
  /* The request's number, which its answer repeats. */
  uint16_t sequence;
  /* Bytes of whoever made the frame; not read where size is 0. */
  const uint8_t *payload;
  /* Bytes of the payload. */
  size_t size;
};

/* Decodes size bytes, those before the ending zero, in place; the payload lies among them. Returns
 * 0, or MENDLITE_STATUS_DAMAGED where they are no frame or the CRC is wrong. */
int mendlite_frame_decode(uint8_t *encoded, size_t size, struct mendlite_frame *frame);

/* Encodes a frame whose payload lies MENDLITE_FRAME_HEADER bytes into body, not where the frame
 * says; body has room for header and checksum besides. Returns the bytes written to encoded, which
 * has room for MENDLITE_FRAME_ENCODED(frame->size). */
size_t mendlite_frame_encode(const struct mendlite_frame *frame, uint8_t *body, uint8_t *encoded);

#ifdef __cplusplus
}
#endif

#endif
