#include "engine/flatbuffer.h"

#include <string.h>

#include "status.h"

uint16_t mendlite_fb_le16(const uint8_t *data) { return (uint16_t)(data[0] | (data[1] << 8)); }

uint32_t mendlite_fb_le32(const uint8_t *data) {
  return (uint32_t)data[0] | ((uint32_t)data[1] << 8) | ((uint32_t)data[2] << 16) |
         ((uint32_t)data[3] << 24);
}

uint64_t mendlite_fb_le64(const uint8_t *data) {
  return (uint64_t)mendlite_fb_le32(data) | ((uint64_t)mendlite_fb_le32(data + 4) << 32);
}

float mendlite_fb_float(const uint8_t *data) {
  uint32_t bits = mendlite_fb_le32(data);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int inside(const struct mendlite_flatbuffer *file, uint32_t at, uint32_t size) {
  return at <= file->size && size <= file->size - at;
}

/* Opens the table at a place and finds its vtable. */
static int open_table(const struct mendlite_flatbuffer *file, uint32_t at,
                      struct mendlite_table *table) {
  if (!inside(file, at, 4)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* The vtable lies at the table's place minus a signed offset. */
  int64_t vtable = (int64_t)at - (int32_t)mendlite_fb_le32(file->data + at);
  if (vtable < 0 || vtable > UINT32_MAX || !inside(file, (uint32_t)vtable, 4)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t size = mendlite_fb_le16(file->data + vtable);
  if (size < 4 || !inside(file, (uint32_t)vtable, size)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *table = (struct mendlite_table){.at = at, .vtable = (uint32_t)vtable, .vtable_size = size};
  return 1;
}

/* Follows the offset that lies at a place. */
static int follow(const struct mendlite_flatbuffer *file, uint32_t at, uint32_t *target) {
  if (!inside(file, at, 4)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t offset = mendlite_fb_le32(file->data + at);
  if (offset > file->size - at) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *target = at + offset;
  return 1;
}

int mendlite_fb_root(const struct mendlite_flatbuffer *file, struct mendlite_table *root) {
  uint32_t at;
  int found = follow(file, 0, &at);
  return found < 0 ? found : open_table(file, at, root);
}

int mendlite_fb_field(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, uint32_t size, uint32_t *at) {
  uint32_t entry = 4 + 2 * field;
  if (entry + 2 > table->vtable_size) {
    return 0;
  }
  uint32_t offset = mendlite_fb_le16(file->data + table->vtable + entry);
  if (offset == 0) {
    return 0;
  }
  if (offset > file->size - table->at || !inside(file, table->at + offset, size)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *at = table->at + offset;
  return 1;
}

int mendlite_fb_u8(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                   uint32_t field, uint8_t otherwise, uint8_t *value) {
  uint32_t at;
  int found = mendlite_fb_field(file, table, field, 1, &at);
  *value = found > 0 ? file->data[at] : otherwise;
  return found;
}

int mendlite_fb_i32(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, int32_t otherwise, int32_t *value) {
  uint32_t at;
  int found = mendlite_fb_field(file, table, field, 4, &at);
  *value = found > 0 ? (int32_t)mendlite_fb_le32(file->data + at) : otherwise;
  return found;
}

int mendlite_fb_u64(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                    uint32_t field, uint64_t *value) {
  uint32_t at;
  int found = mendlite_fb_field(file, table, field, 8, &at);
  *value = found > 0 ? mendlite_fb_le64(file->data + at) : 0;
  return found;
}

int mendlite_fb_table(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                      uint32_t field, struct mendlite_table *child) {
  uint32_t at;
  uint32_t target;
  int found = mendlite_fb_field(file, table, field, 4, &at);
  if (found <= 0) {
    return found;
  }
  found = follow(file, at, &target);
  return found < 0 ? found : open_table(file, target, child);
}

int mendlite_fb_vector(const struct mendlite_flatbuffer *file, const struct mendlite_table *table,
                       uint32_t field, uint32_t element, struct mendlite_vector *vector) {
  uint32_t at;
  uint32_t target;
  *vector = (struct mendlite_vector){.at = 0, .length = 0};
  int found = mendlite_fb_field(file, table, field, 4, &at);
  if (found <= 0) {
    return found;
  }
  found = follow(file, at, &target);
  if (found < 0 || !inside(file, target, 4)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t length = mendlite_fb_le32(file->data + target);
  if (length > (file->size - target - 4) / element) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *vector = (struct mendlite_vector){.at = target + 4, .length = length};
  return 1;
}

int mendlite_fb_table_in(const struct mendlite_flatbuffer *file,
                         const struct mendlite_vector *vector, uint32_t index,
                         struct mendlite_table *child) {
  uint32_t target;
  if (index >= vector->length) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int found = follow(file, vector->at + 4 * index, &target);
  return found < 0 ? found : open_table(file, target, child);
}

int mendlite_fb_i32_in(const struct mendlite_flatbuffer *file, const struct mendlite_vector *vector,
                       uint32_t index, int32_t *value) {
  if (index >= vector->length) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *value = (int32_t)mendlite_fb_le32(file->data + vector->at + 4 * (size_t)index);
  return 1;
}
