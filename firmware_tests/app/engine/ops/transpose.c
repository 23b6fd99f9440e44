/* TRANSPOSE by a constant permutation. */
#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

static int plan_walk(const struct move *move, const struct tensor *order, struct walk *walk) {
  int32_t strides[MAX_RANK];
  uint32_t seen = 0;
  const struct tensor *input = &move->input.tensor;
  const struct tensor *output = &move->output.tensor;
  if (output->rank != input->rank) {
    return STATUS_MALFORMED;
  }
  contiguous(input, strides);
  *walk = (struct walk){.rank = input->rank};
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t axis = constant_i32(order, i);
    if (axis < 0 || axis >= (int32_t)input->rank || (seen >> axis) & 1u ||
        output->dims[i] != input->dims[axis]) {
      return STATUS_MALFORMED;
    }
    seen |= 1u << axis;
    walk->dims[i] = input->dims[axis];
    walk->strides[i] = strides[axis];
  }
  return STATUS_OK;
}

int op_transpose(struct op *op) {
  struct move move;
  struct operand order;
  struct walk walk;
  int status;
  if ((status = move_read(op, &move)) < 0 ||
      (status = constant_input(op, 1, move.input.tensor.rank, &order)) < 0 ||
      (status = plan_walk(&move, &order.tensor, &walk)) < 0) {
    return status;
  }
  if (op->run) {
    move_values(&move, &walk);
  }
  return STATUS_OK;
}
