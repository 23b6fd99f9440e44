#include "engine/ops/unary.h"

int mendlite_unary_read(const struct mendlite_op *op, struct mendlite_unary *unary) {
  int status;
  if ((status = mendlite_op_input(op, 0, &unary->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &unary->output)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&unary->input.tensor) || !mendlite_is_int8(&unary->output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &unary->input.tensor, &unary->output.tensor) ||
      !mendlite_same_shape(&unary->input.tensor, &unary->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return MENDLITE_STATUS_OK;
}
