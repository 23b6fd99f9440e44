#include "frame.h"

#include "bytes.h"
#include "crc32.h"
#include "status.h"

int frame_decode(uint8_t *encoded, size_t size, struct frame *frame) {
  int32_t decoded = cobs_decode(encoded, size);
  if (decoded < FRAME_HEADER + FRAME_CHECKSUM) {
    return STATUS_DAMAGED;
  }
  size_t checked = (size_t)decoded - FRAME_CHECKSUM;
  struct reader checksum = {.data = encoded + checked, .size = FRAME_CHECKSUM};
  if (read_u32(&checksum) != crc32(0, encoded, checked)) {
    return STATUS_DAMAGED;
  }
  struct reader header = {.data = encoded, .size = FRAME_HEADER};
  frame->type = read_u8(&header);
  frame->session = read_u8(&header);
  frame->sequence = read_u16(&header);
  frame->payload = encoded + FRAME_HEADER;
  frame->size = checked - FRAME_HEADER;
  return STATUS_OK;
}

size_t frame_encode(const struct frame *frame, uint8_t *body, uint8_t *encoded) {
  struct writer header = {.data = body, .room = FRAME_HEADER};
  write_u8(&header, frame->type);
  write_u8(&header, frame->session);
  write_u16(&header, frame->sequence);
  size_t checked = FRAME_HEADER + frame->size;
  struct writer checksum = {.data = body + checked, .room = FRAME_CHECKSUM};
  write_u32(&checksum, crc32(0, body, checked));
  size_t used = cobs_encode(body, checked + FRAME_CHECKSUM, encoded);
  encoded[used] = 0;
  return used + 1;
}
