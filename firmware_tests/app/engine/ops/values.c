#include "engine/ops/values.h"

enum { HIGHEST_BIT = 0x80 };

void mendlite_take_uint8(struct mendlite_operand *const operands[], uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (operands[i]->tensor.type != MENDLITE_TYPE_UINT8) {
      return;
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    operands[i]->tensor.type = MENDLITE_TYPE_INT8;
    operands[i]->tensor.zero_point -= HIGHEST_BIT;
    operands[i]->flip = HIGHEST_BIT;
  }
}

int32_t mendlite_value_at(const struct mendlite_operand *operand, size_t at) {
  switch (operand->tensor.type) {
    case MENDLITE_TYPE_INT8:
      return mendlite_byte_at(operand, at);
    case MENDLITE_TYPE_UINT8:
      return operand->data[at];
    case MENDLITE_TYPE_INT16:
      return (int16_t)mendlite_fb_le16(operand->data + 2 * at);
    default:
      return (int32_t)mendlite_fb_le32(operand->data + 4 * at);
  }
}

void mendlite_store_value(const struct mendlite_operand *operand, size_t at, int32_t value) {
  uint32_t size = operand->tensor.element_size;
  if (size == 1) {
    mendlite_store_byte(operand, at, value);
    return;
  }
  for (uint32_t k = 0; k < size; k++) {
    operand->data[at * size + k] = (uint8_t)((uint32_t)value >> (8 * k));
  }
}

void mendlite_store_within(const struct mendlite_operand *operand, size_t at, int64_t value,
                           struct mendlite_range range) {
  int64_t within = value < range.low ? range.low : value > range.high ? range.high : value;
  mendlite_store_value(operand, at, (int32_t)within);
}
