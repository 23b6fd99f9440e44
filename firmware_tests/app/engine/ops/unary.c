#include "engine/ops/unary.h"

static int read_type(const struct mendlite_op *op, uint8_t type, struct mendlite_unary *unary) {
  struct mendlite_operand *const operands[] = {&unary->input, &unary->output};
  int status;
  if ((status = mendlite_op_input(op, 0, &unary->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &unary->output)) < 0) {
    return status;
  }
  mendlite_take_uint8(operands, 2);
  if (unary->input.tensor.type != type || unary->output.tensor.type != type) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &unary->input.tensor, &unary->output.tensor) ||
      !mendlite_same_shape(&unary->input.tensor, &unary->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_unary_read(const struct mendlite_op *op, struct mendlite_unary *unary) {
  return read_type(op, MENDLITE_TYPE_INT8, unary);
}

bool mendlite_takes_int16(const struct mendlite_op *op) {
  struct mendlite_operand input;
  return mendlite_op_input(op, 0, &input) == MENDLITE_STATUS_OK &&
         input.tensor.type == MENDLITE_TYPE_INT16;
}

int mendlite_unary_read_int16(const struct mendlite_op *op, struct mendlite_unary *unary) {
  int status = read_type(op, MENDLITE_TYPE_INT16, unary);
  if (status < 0) {
    return status;
  }
  bool centred = mendlite_has_no_zero_point(op->model, &unary->input.tensor) &&
                 mendlite_has_no_zero_point(op->model, &unary->output.tensor);
  return centred ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

void mendlite_look_up(const struct mendlite_unary *unary, const int8_t *table) {
  for (uint32_t i = 0; i < unary->output.tensor.elements; i++) {
    mendlite_store_byte(&unary->output, i, table[mendlite_byte_at(&unary->input, i) + 128]);
  }
}
