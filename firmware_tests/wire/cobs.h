/* Consistent Overhead Byte Stuffing (Cheshire and Baker): bytes without a zero among them. */
#ifndef MENDLITE_COBS_H
#define MENDLITE_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Largest encoding of size bytes. */
#define MENDLITE_COBS_ENCODED(size) ((size) + (size) / 254 + 1)

/* Bytes written to encoded, which has room for MENDLITE_COBS_ENCODED(size). */
size_t mendlite_cobs_encode(const uint8_t *data, size_t size, uint8_t *encoded);

/* Decodes in place; the number of bytes, or MENDLITE_STATUS_DAMAGED where it is no encoding. */
int32_t mendlite_cobs_decode(uint8_t *data, size_t size);

#endif
