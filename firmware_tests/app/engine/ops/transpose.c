/* TRANSPOSE by a constant permutation. */
#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

static int plan_walk(const struct mendlite_move *move, const struct mendlite_tensor *order,
                     struct mendlite_walk *walk) {
  int32_t strides[MENDLITE_MAX_RANK];
  uint32_t seen = 0;
  const struct mendlite_tensor *input = &move->input.tensor;
  const struct mendlite_tensor *output = &move->output.tensor;
  if (output->rank != input->rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  mendlite_contiguous(input, strides);
  *walk = (struct mendlite_walk){.rank = input->rank};
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t axis = mendlite_constant_i32(order, i);
    if (axis < 0 || axis >= (int32_t)input->rank || (seen >> axis) & 1u ||
        output->dims[i] != input->dims[axis]) {
      return MENDLITE_STATUS_MALFORMED;
    }
    seen |= 1u << axis;
    walk->dims[i] = input->dims[axis];
    walk->strides[i] = strides[axis];
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_transpose(struct mendlite_op *op) {
  struct mendlite_move move;
  struct mendlite_operand order;
  struct mendlite_walk walk;
  int status;
  if ((status = mendlite_move_read(op, &move)) < 0 ||
      (status = mendlite_constant_input(op, 1, move.input.tensor.rank, &order)) < 0 ||
      (status = plan_walk(&move, &order.tensor, &walk)) < 0) {
    return status;
  }
  if (op->run) {
    mendlite_move_values(&move, &walk);
  }
  return MENDLITE_STATUS_OK;
}
