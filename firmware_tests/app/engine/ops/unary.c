#include "engine/ops/unary.h"

int mendlite_unary_read(const struct mendlite_op *op, struct mendlite_unary *unary) {
  struct mendlite_operand *const operands[] = {&unary->input, &unary->output};
  int status;
  if ((status = mendlite_op_input(op, 0, &unary->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &unary->output)) < 0) {
    return status;
  }
  mendlite_take_uint8(operands, 2);
  if (!mendlite_is_int8(&unary->input.tensor) || !mendlite_is_int8(&unary->output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &unary->input.tensor, &unary->output.tensor) ||
      !mendlite_same_shape(&unary->input.tensor, &unary->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return MENDLITE_STATUS_OK;
}

void mendlite_look_up(const struct mendlite_unary *unary, const int8_t *table) {
  for (uint32_t i = 0; i < unary->output.tensor.elements; i++) {
    mendlite_store_byte(&unary->output, i, table[mendlite_byte_at(&unary->input, i) + 128]);
  }
}
