/* CRC-32 of IEEE 802.3 (reflected 0xEDB88320), as zlib's crc32. */
#ifndef MENDLITE_CRC32_H
#define MENDLITE_CRC32_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CRC of size more bytes behind those that crc was made from; crc is 0 to begin. */
uint32_t mendlite_crc32(uint32_t crc, const uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
