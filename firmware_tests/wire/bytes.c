#include "bytes.h"

#include <string.h>

const uint8_t *mendlite_read_bytes(struct mendlite_reader *reader, size_t size) {
  if (reader->failed || size > reader->size - reader->at) {
    reader->failed = true;
    return NULL;
  }
  const uint8_t *found = reader->data + reader->at;
  reader->at += size;
  return found;
}

uint8_t mendlite_read_u8(struct mendlite_reader *reader) {
  const uint8_t *data = mendlite_read_bytes(reader, 1);
  return data == NULL ? 0 : data[0];
}

uint16_t mendlite_read_u16(struct mendlite_reader *reader) {
  const uint8_t *data = mendlite_read_bytes(reader, 2);
  if (data == NULL) {
    return 0;
  }
  return (uint16_t)(data[0] | (data[1] << 8));
}

uint32_t mendlite_read_u32(struct mendlite_reader *reader) {
  uint32_t low = mendlite_read_u16(reader);
  return low | ((uint32_t)mendlite_read_u16(reader) << 16);
}

size_t mendlite_read_rest(struct mendlite_reader *reader, const uint8_t **data) {
  size_t size = reader->size - reader->at;
  *data = reader->data + reader->at;
  reader->at = reader->size;
  return size;
}

bool mendlite_read_all(const struct mendlite_reader *reader) {
  return !reader->failed && reader->at == reader->size;
}

void mendlite_write_bytes(struct mendlite_writer *writer, const void *data, size_t size) {
  if (writer->failed || size > writer->room - writer->used) {
    writer->failed = true;
    return;
  }
  memcpy(writer->data + writer->used, data, size);
  writer->used += size;
}

void mendlite_write_u8(struct mendlite_writer *writer, uint8_t value) {
  mendlite_write_bytes(writer, &value, 1);
}

void mendlite_write_u16(struct mendlite_writer *writer, uint16_t value) {
  mendlite_write_u8(writer, (uint8_t)(value & 0xff));
  mendlite_write_u8(writer, (uint8_t)(value >> 8));
}

void mendlite_write_u32(struct mendlite_writer *writer, uint32_t value) {
  mendlite_write_u16(writer, (uint16_t)(value & 0xffff));
  mendlite_write_u16(writer, (uint16_t)(value >> 16));
}

void mendlite_write_text(struct mendlite_writer *writer, const char *text) {
  size_t size = strlen(text);
  mendlite_write_u8(writer, (uint8_t)size);
  mendlite_write_bytes(writer, text, size);
}
