/* Little-endian numbers in a payload: a reader that never reads beyond, a writer that never writes
 * beyond; both remember that they would have. */
#ifndef MENDLITE_BYTES_H
#define MENDLITE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mendlite_reader {
  const uint8_t *data;
  size_t size;
  size_t at;
  bool failed;
};

uint8_t mendlite_read_u8(struct mendlite_reader *reader);
uint16_t mendlite_read_u16(struct mendlite_reader *reader);
uint32_t mendlite_read_u32(struct mendlite_reader *reader);

/* The next size bytes; NULL where fewer are left. */
const uint8_t *mendlite_read_bytes(struct mendlite_reader *reader, size_t size);

/* What is left, which becomes empty. */
size_t mendlite_read_rest(struct mendlite_reader *reader, const uint8_t **data);

/* Whether all was read and nothing was missing. */
bool mendlite_read_all(const struct mendlite_reader *reader);

struct mendlite_writer {
  uint8_t *data;
  size_t room;
  size_t used;
  bool failed;
};

void mendlite_write_u8(struct mendlite_writer *writer, uint8_t value);
void mendlite_write_u16(struct mendlite_writer *writer, uint16_t value);
void mendlite_write_u32(struct mendlite_writer *writer, uint32_t value);
void mendlite_write_bytes(struct mendlite_writer *writer, const void *data, size_t size);

/* A length in one byte, then the characters. */
void mendlite_write_text(struct mendlite_writer *writer, const char *text);

#endif
