/* Reading a flatbuffer that may be hostile: every offset is checked against the file's end.
 *
 * A function that returns an int returns 1 where the field is there, 0 where the table leaves it
 * out, and MENDLITE_STATUS_MALFORMED (negative) where an offset leads out of the file. Places are
 * offsets in bytes from the file's start; field is a field's number in its table, from 0.
 */
#ifndef MENDLITE_FLATBUFFER_H
#define MENDLITE_FLATBUFFER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The caller's bytes, which stay where they are as long as anything is read from them. */
struct mendlite_flatbuffer {
  const uint8_t *data;
  uint32_t size;
};

/* A table of which place and vtable were checked. */
struct mendlite_table {
  uint32_t at;
  uint32_t vtable;
  /* Bytes of the vtable, at least 4. */
  uint32_t vtable_size;
};

/* A vector whose elements all lie in the file. */
struct mendlite_vector {
  /* Place of its first element. */
  uint32_t at;
  /* Elements, 0 or more. */
  uint32_t length;
};

/* Little-endian values of 2, 4, 8 and 4 bytes at an address that was checked. */
uint16_t mendlite_fb_le16(const uint8_t *data);
uint32_t mendlite_fb_le32(const uint8_t *data);
uint64_t mendlite_fb_le64(const uint8_t *data);
float mendlite_fb_float(const uint8_t *data);

/* The table that the file begins with. */
int mendlite_fb_root(const struct mendlite_flatbuffer *file, struct mendlite_table *root);

/* Where the size bytes of a field lie. */
int mendlite_fb_field(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, uint32_t size, uint32_t *at);

/* Scalars. Where the table leaves the field out *value is otherwise; on an error as well. */
int mendlite_fb_u8(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                   uint32_t field, uint8_t otherwise, uint8_t *value);
int mendlite_fb_i32(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, int32_t otherwise, int32_t *value);
/* The same; otherwise is 0. */
int mendlite_fb_u64(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, uint64_t *value);

/* The table that a field points to. */
int mendlite_fb_table(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, struct mendlite_table *child);

/* The vector that a field points to, whose elements have element bytes each; where the table leaves
 * it out, and on an error, *vector has length 0. */
int mendlite_fb_vector(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                       uint32_t field, uint32_t element, struct mendlite_vector *vector);

/* The table that element index of a vector of tables points to; MENDLITE_STATUS_MALFORMED beyond
 * its end. */
int mendlite_fb_table_in(const struct mendlite_flatbuffer *file,
                         const struct mendlite_vector *vector, uint32_t index,
                         struct mendlite_table *child);

/* Element index of a vector of int32; MENDLITE_STATUS_MALFORMED beyond its end. */
int mendlite_fb_i32_in(const struct mendlite_flatbuffer *file, const struct mendlite_vector *vector,
                       uint32_t index, int32_t *value);

#ifdef __cplusplus
}
#endif

#endif
