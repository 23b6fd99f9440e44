/* PAD with the value that stands for zero, and PADV2 with its own. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

struct pad {
  struct move move;
  struct operand sizes;
  bool has_value;
  struct operand value;
};

static int read_pad(const struct op *op, struct pad *pad) {
  int status = move_read(op, &pad->move);
  if (status < 0) {
    return status;
  }
  uint32_t rank = pad->move.input.tensor.rank;
  pad->has_value = op->node->inputs.length > 2;
  if ((status = constant_input(op, 1, 2 * rank, &pad->sizes)) < 0 ||
      (pad->has_value && (status = op_input(op, 2, &pad->value)) < 0)) {
    return status;
  }
  const struct tensor *output = &pad->move.output.tensor;
  const struct tensor *value = &pad->value.tensor;
  if (pad->has_value && (value->type != output->type || value->elements != 1 ||
                         value->constant == NULL || !same_meaning(op, value, output))) {
    return STATUS_MALFORMED;
  }
  const struct shape sizes = {.rank = 2, .dims = {(int32_t)rank, 2}};
  return rank == output->rank && has_shape(&pad->sizes.tensor, &sizes) ? STATUS_OK
                                                                       : STATUS_MALFORMED;
}

/* Where the input lies in the output. */
static int plan_walk(const struct pad *pad, struct walk *walk) {
  int32_t strides[MAX_RANK];
  const struct tensor *input = &pad->move.input.tensor;
  const struct tensor *output = &pad->move.output.tensor;
  contiguous(output, strides);
  *walk = (struct walk){.rank = input->rank};
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t before = constant_i32(&pad->sizes.tensor, 2 * i);
    int32_t after = constant_i32(&pad->sizes.tensor, 2 * i + 1);
    if (before < 0 || after < 0 || before > output->dims[i] ||
        output->dims[i] - before < input->dims[i] ||
        output->dims[i] - before - input->dims[i] != after) {
      return STATUS_MALFORMED;
    }
    walk->dims[i] = input->dims[i];
    walk->strides[i] = strides[i];
    walk->at += before * strides[i];
  }
  return STATUS_OK;
}

static void fill(const struct pad *pad) {
  const struct operand *output = &pad->move.output;
  size_t size = output->tensor.element_size;
  if (pad->has_value) {
    for (uint32_t i = 0; i < output->tensor.elements; i++) {
      memcpy(output->data + i * size, pad->value.data, size);
    }
    return;
  }
  /* Zero of every wider type is all zero bytes. */
  int byte = size == 1 ? output->tensor.zero_point : 0;
  memset(output->data, byte, output->tensor.bytes);
}

int op_pad(struct op *op) {
  struct pad pad;
  struct walk walk;
  int status;
  if ((status = read_pad(op, &pad)) < 0 || (status = plan_walk(&pad, &walk)) < 0 || !op->run) {
    return status;
  }
  fill(&pad);
  size_t size = pad.move.input.tensor.element_size;
  for (uint32_t i = 0; i < pad.move.input.tensor.elements; i++) {
    memcpy(pad.move.output.data + (size_t)walk.at * size, pad.move.input.data + i * size, size);
    walk_on(&walk);
  }
  return STATUS_OK;
}
