/* Consistent Overhead Byte Stuffing (Cheshire and Baker): bytes without a zero among them. */
#ifndef MENDLITE_COBS_H
#define MENDLITE_COBS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the largest encoding of size bytes. */
#define MENDLITE_COBS_ENCODED(size) ((size) + (size) / 254 + 1)

/* Encodes size bytes, 0 or more, into encoded, which has room for MENDLITE_COBS_ENCODED(size) and
 * does not overlap data. Returns how many bytes were written, at least 1. */
size_t mendlite_cobs_encode(const uint8_t *data, size_t size, uint8_t *encoded);

/* Decodes size bytes in place. Returns how many are left, at most size, or MENDLITE_STATUS_DAMAGED
 * where they are no encoding. */
int32_t mendlite_cobs_decode(uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
