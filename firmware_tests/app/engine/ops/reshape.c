/* RESHAPE, SQUEEZE and EXPAND_DIMS: the values in another shape, the file's own. SHAPE: a shape as
 * values. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

int op_reshape(struct op *op) {
  struct move move;
  int status = move_read(op, &move);
  if (status < 0) {
    return status;
  }
  if (move.input.tensor.bytes != move.output.tensor.bytes) {
    return STATUS_MALFORMED;
  }
  if (op->run) {
    memcpy(move.output.data, move.input.data, move.output.tensor.bytes);
  }
  return STATUS_OK;
}

int op_shape(struct op *op) {
  struct operand input;
  struct operand output;
  int status;
  if ((status = op_input(op, 0, &input)) < 0 || (status = op_output(op, 0, &output)) < 0) {
    return status;
  }
  if (output.tensor.type != TYPE_INT32) {
    return STATUS_UNSUPPORTED;
  }
  if (output.tensor.elements != input.tensor.rank) {
    return STATUS_MALFORMED;
  }
  if (op->run) {
    memcpy(output.data, input.tensor.dims, output.tensor.bytes);
  }
  return STATUS_OK;
}
