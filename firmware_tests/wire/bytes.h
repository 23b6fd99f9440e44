/* Little-endian numbers in a payload: a reader that never reads beyond its bytes, a writer that
 * never writes beyond its room; both remember that they would have. */
#ifndef MENDLITE_BYTES_H
#define MENDLITE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the caller's bytes. To begin, set data and size, the rest 0. */
struct mendlite_reader {
  const uint8_t *data;
  /* Bytes of data. */
  size_t size;
  /* Offset of the next byte, 0 ... size. */
  size_t at;
  /* A read wanted more bytes than were left: that one and all after it are void. */
  bool failed;
};

/* The next number; 0 where too few bytes are left, and failed is set. */
uint8_t mendlite_read_u8(struct mendlite_reader *reader);
uint16_t mendlite_read_u16(struct mendlite_reader *reader);
uint32_t mendlite_read_u32(struct mendlite_reader *reader);

/* The next size bytes, inside data; NULL where fewer are left, and failed is set. */
const uint8_t *mendlite_read_bytes(struct mendlite_reader *reader, size_t size);

/* Points *data to what is left, returns how many bytes that is, 0 or more, and reads past it. */
size_t mendlite_read_rest(struct mendlite_reader *reader, const uint8_t **data);

/* Whether every byte was read and none was missing. */
bool mendlite_read_all(const struct mendlite_reader *reader);

/* Writes into the caller's bytes. To begin, set data and room, the rest 0. */
struct mendlite_writer {
  uint8_t *data;
  /* Bytes that data has room for. */
  size_t room;
  /* Bytes written so far, 0 ... room. */
  size_t used;
  /* A write did not fit: it and all after it were dropped. */
  bool failed;
};

/* Write one number, or size bytes; nothing where they do not fit, and failed is set. */
void mendlite_write_u8(struct mendlite_writer *writer, uint8_t value);
void mendlite_write_u16(struct mendlite_writer *writer, uint16_t value);
void mendlite_write_u32(struct mendlite_writer *writer, uint32_t value);
void mendlite_write_bytes(struct mendlite_writer *writer, const void *data, size_t size);

/* Writes a length in one byte, then the characters: at most 255 of them. */
void mendlite_write_text(struct mendlite_writer *writer, const char *text);

#ifdef __cplusplus
}
#endif

#endif
