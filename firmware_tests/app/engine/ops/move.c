#include "engine/ops/move.h"

#include <string.h>

int mendlite_move_read(const struct mendlite_op *op, struct mendlite_move *move) {
  int status;
  if ((status = mendlite_op_input(op, 0, &move->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &move->output)) < 0) {
    return status;
  }
  return move->input.tensor.type == move->output.tensor.type ? MENDLITE_STATUS_OK
                                                             : MENDLITE_STATUS_UNSUPPORTED;
}

void mendlite_move_values(const struct mendlite_move *move, struct mendlite_walk *walk) {
  size_t size = move->output.tensor.element_size;
  for (uint32_t i = 0; i < move->output.tensor.elements; i++) {
    memcpy(move->output.data + i * size, move->input.data + (size_t)walk->at * size, size);
    mendlite_walk_on(walk);
  }
}

int mendlite_constant_input(const struct mendlite_op *op, uint32_t n, uint32_t elements,
                            struct mendlite_operand *operand) {
  int status = mendlite_op_list(op, n, operand);
  if (status < 0) {
    return status;
  }
  if (operand->tensor.type != MENDLITE_TYPE_INT32 || operand->tensor.constant == NULL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return operand->tensor.elements == elements ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}
