/* Reading a flatbuffer that may be hostile: every offset is checked against the file's end.
 *
 * A function returns 1 where the field is there, 0 where the table leaves it out, and
 * MENDLITE_STATUS_MALFORMED (negative) where an offset leads out of the file.
 */
#ifndef MENDLITE_FLATBUFFER_H
#define MENDLITE_FLATBUFFER_H

#include <stddef.h>
#include <stdint.h>

struct mendlite_flatbuffer {
  const uint8_t *data;
  uint32_t size;
};

/* A table: where it starts, and its vtable, whose length is in bytes. */
struct mendlite_table {
  uint32_t at;
  uint32_t vtable;
  uint32_t vtable_size;
};

/* A vector: where its first element lies, and how many there are. */
struct mendlite_vector {
  uint32_t at;
  uint32_t length;
};

/* Little-endian values at a place that has been checked. */
uint16_t mendlite_fb_le16(const uint8_t *data);
uint32_t mendlite_fb_le32(const uint8_t *data);
uint64_t mendlite_fb_le64(const uint8_t *data);
float mendlite_fb_float(const uint8_t *data);

int mendlite_fb_root(const struct mendlite_flatbuffer *file, struct mendlite_table *root);

/* Where the field's size bytes lie. */
int mendlite_fb_field(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, uint32_t size, uint32_t *at);

/* Scalars; the default stands where the table leaves the field out. */
int mendlite_fb_u8(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                   uint32_t field, uint8_t otherwise, uint8_t *value);
int mendlite_fb_i32(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, int32_t otherwise, int32_t *value);
/* Default 0. */
int mendlite_fb_u64(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, uint64_t *value);

int mendlite_fb_table(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, struct mendlite_table *child);

/* A vector whose elements have element bytes each; length 0 where it is left out. */
int mendlite_fb_vector(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                       uint32_t field, uint32_t element, struct mendlite_vector *vector);

/* The table that element index of a vector of tables points to. */
int mendlite_fb_table_in(const struct mendlite_flatbuffer *file,
                         const struct mendlite_vector *vector, uint32_t index,
                         struct mendlite_table *child);

/* Element index of a vector of int32; MENDLITE_STATUS_MALFORMED beyond its end. */
int mendlite_fb_i32_in(const struct mendlite_flatbuffer *file, const struct mendlite_vector *vector,
                       uint32_t index, int32_t *value);

#endif
