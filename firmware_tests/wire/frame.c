#include "frame.h"

#include "bytes.h"
#include "crc32.h"
#include "status.h"

int mendlite_frame_decode(uint8_t *encoded, size_t size, struct mendlite_frame *frame) {
  int32_t decoded = mendlite_cobs_decode(encoded, size);
  if (decoded < MENDLITE_FRAME_HEADER + MENDLITE_FRAME_CHECKSUM) {
    return MENDLITE_STATUS_DAMAGED;
  }
  size_t checked = (size_t)decoded - MENDLITE_FRAME_CHECKSUM;
  struct mendlite_reader checksum = {.data = encoded + checked, .size = MENDLITE_FRAME_CHECKSUM};
  if (mendlite_read_u32(&checksum) != mendlite_crc32(0, encoded, checked)) {
    return MENDLITE_STATUS_DAMAGED;
  }
  struct mendlite_reader header = {.data = encoded, .size = MENDLITE_FRAME_HEADER};
  frame->type = mendlite_read_u8(&header);
  frame->session = mendlite_read_u8(&header);
  frame->sequence = mendlite_read_u16(&header);
  frame->payload = encoded + MENDLITE_FRAME_HEADER;
  frame->size = checked - MENDLITE_FRAME_HEADER;
  return MENDLITE_STATUS_OK;
}

size_t mendlite_frame_encode(const struct mendlite_frame *frame, uint8_t *body, uint8_t *encoded) {
  struct mendlite_writer header = {.data = body, .room = MENDLITE_FRAME_HEADER};
  mendlite_write_u8(&header, frame->type);
  mendlite_write_u8(&header, frame->session);
  mendlite_write_u16(&header, frame->sequence);
  size_t checked = MENDLITE_FRAME_HEADER + frame->size;
  struct mendlite_writer checksum = {.data = body + checked, .room = MENDLITE_FRAME_CHECKSUM};
  mendlite_write_u32(&checksum, mendlite_crc32(0, body, checked));
  size_t used = mendlite_cobs_encode(body, checked + MENDLITE_FRAME_CHECKSUM, encoded);
  encoded[used] = 0;
  return used + 1;
}
