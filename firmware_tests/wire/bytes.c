#include "bytes.h"

#include <string.h>

const uint8_t *read_bytes(struct reader *reader, size_t size) {
  if (reader->failed || size > reader->size - reader->at) {
    reader->failed = true;
    return NULL;
  }
  const uint8_t *found = reader->data + reader->at;
  reader->at += size;
  return found;
}

uint8_t read_u8(struct reader *reader) {
  const uint8_t *data = read_bytes(reader, 1);
  return data == NULL ? 0 : data[0];
}

uint16_t read_u16(struct reader *reader) {
  const uint8_t *data = read_bytes(reader, 2);
  if (data == NULL) {
    return 0;
  }
  return (uint16_t)(data[0] | (data[1] << 8));
}

uint32_t read_u32(struct reader *reader) {
  uint32_t low = read_u16(reader);
  return low | ((uint32_t)read_u16(reader) << 16);
}

size_t read_rest(struct reader *reader, const uint8_t **data) {
  size_t size = reader->size - reader->at;
  *data = reader->data + reader->at;
  reader->at = reader->size;
  return size;
}

bool read_all(const struct reader *reader) { return !reader->failed && reader->at == reader->size; }

void write_bytes(struct writer *writer, const void *data, size_t size) {
  if (writer->failed || size > writer->room - writer->used) {
    writer->failed = true;
    return;
  }
  memcpy(writer->data + writer->used, data, size);
  writer->used += size;
}

void write_u8(struct writer *writer, uint8_t value) { write_bytes(writer, &value, 1); }

void write_u16(struct writer *writer, uint16_t value) {
  write_u8(writer, (uint8_t)(value & 0xff));
  write_u8(writer, (uint8_t)(value >> 8));
}

void write_u32(struct writer *writer, uint32_t value) {
  write_u16(writer, (uint16_t)(value & 0xffff));
  write_u16(writer, (uint16_t)(value >> 16));
}

void write_text(struct writer *writer, const char *text) {
  size_t size = strlen(text);
  write_u8(writer, (uint8_t)size);
  write_bytes(writer, text, size);
}
