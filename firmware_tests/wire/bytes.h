/* Little-endian numbers in a payload: a reader that never reads beyond, a writer that never writes
 * beyond; both remember that they would have. */
#ifndef MENDLITE_BYTES_H
#define MENDLITE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
  const uint8_t *data;
  size_t size;
  size_t at;
  bool failed;
};

uint8_t read_u8(struct reader *reader);
uint16_t read_u16(struct reader *reader);
uint32_t read_u32(struct reader *reader);

/* The next size bytes; NULL where fewer are left. */
const uint8_t *read_bytes(struct reader *reader, size_t size);

/* What is left, which becomes empty. */
size_t read_rest(struct reader *reader, const uint8_t **data);

/* Whether all was read and nothing was missing. */
bool read_all(const struct reader *reader);

struct writer {
  uint8_t *data;
  size_t room;
  size_t used;
  bool failed;
};

void write_u8(struct writer *writer, uint8_t value);
void write_u16(struct writer *writer, uint16_t value);
void write_u32(struct writer *writer, uint32_t value);
void write_bytes(struct writer *writer, const void *data, size_t size);

/* A length in one byte, then the characters. */
void write_text(struct writer *writer, const char *text);

#endif
