#include "engine/ops/move.h"

#include <string.h>

int move_read(const struct op *op, struct move *move) {
  int status;
  if ((status = op_input(op, 0, &move->input)) < 0 ||
      (status = op_output(op, 0, &move->output)) < 0) {
    return status;
  }
  return move->input.tensor.type == move->output.tensor.type ? STATUS_OK : STATUS_UNSUPPORTED;
}

void move_values(const struct move *move, struct walk *walk) {
  size_t size = move->output.tensor.element_size;
  for (uint32_t i = 0; i < move->output.tensor.elements; i++) {
    memcpy(move->output.data + i * size, move->input.data + (size_t)walk->at * size, size);
    walk_on(walk);
  }
}

int constant_input(const struct op *op, uint32_t n, uint32_t elements, struct operand *operand) {
  int status = op_list(op, n, operand);
  if (status < 0) {
    return status;
  }
  if (operand->tensor.type != TYPE_INT32 || operand->tensor.constant == NULL) {
    return STATUS_UNSUPPORTED;
  }
  return operand->tensor.elements == elements ? STATUS_OK : STATUS_MALFORMED;
}
