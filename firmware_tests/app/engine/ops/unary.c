#include "engine/ops/unary.h"

int unary_read(const struct op *op, struct unary *unary) {
  int status;
  if ((status = op_input(op, 0, &unary->input)) < 0 ||
      (status = op_output(op, 0, &unary->output)) < 0) {
    return status;
  }
  if (!is_int8(&unary->input.tensor) || !is_int8(&unary->output.tensor)) {
    return STATUS_UNSUPPORTED;
  }
  if (!both_quantized(op, &unary->input.tensor, &unary->output.tensor) ||
      !same_shape(&unary->input.tensor, &unary->output.tensor)) {
    return STATUS_MALFORMED;
  }
  return STATUS_OK;
}
