/* CAST between whole numbers, which keep their low bits, and to float32 (cast.cc). */
#include <string.h>

#include "engine/ops/kernels.h"

static bool is_unsigned(uint8_t type) {
  return type == MENDLITE_TYPE_UINT8 || type == MENDLITE_TYPE_BOOL;
}

/* A whole number of a little-endian tensor, whatever its size. */
static int64_t value_at(const struct mendlite_operand *operand, uint32_t i) {
  uint32_t size = operand->tensor.element_size;
  uint64_t bits = 0;
  for (uint32_t k = 0; k < size; k++) {
    bits |= (uint64_t)operand->data[(size_t)i * size + k] << (8 * k);
  }
  uint64_t sign = UINT64_C(1) << ((8 * size - 1) & 63);
  return is_unsigned(operand->tensor.type) ? (int64_t)bits : (int64_t)((bits ^ sign) - sign);
}

static void store(const struct mendlite_operand *operand, uint32_t i, int64_t value) {
  uint32_t size = operand->tensor.element_size;
  if (operand->tensor.type == MENDLITE_TYPE_FLOAT32) {
    float real = (float)value;
    memcpy(operand->data + (size_t)i * size, &real, sizeof real);
    return;
  }
  uint64_t bits = (uint64_t)(operand->tensor.type == MENDLITE_TYPE_BOOL ? value != 0 : value);
  for (uint32_t k = 0; k < size; k++) {
    operand->data[(size_t)i * size + k] = (uint8_t)(bits >> (8 * k));
  }
}

int mendlite_op_cast(struct mendlite_op *op) {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int status;
  if ((status = mendlite_op_input(op, 0, &input)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0) {
    return status;
  }
  bool real = input.tensor.type == MENDLITE_TYPE_FLOAT32;
  if (real && output.tensor.type != MENDLITE_TYPE_FLOAT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_same_shape(&input.tensor, &output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run && real) {
    memcpy(output.data, input.data, output.tensor.bytes);
  }
  for (uint32_t i = 0; op->run && !real && i < output.tensor.elements; i++) {
    store(&output, i, value_at(&input, i));
  }
  return MENDLITE_STATUS_OK;
}
