/* PAD with the value that stands for zero, and PADV2 with its own. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

struct pad {
  struct mendlite_move move;
  struct mendlite_operand sizes;
  bool has_value;
  struct mendlite_operand value;
};

static int read_pad(const struct mendlite_op *op, struct pad *pad) {
  int status = mendlite_move_read(op, &pad->move);
  if (status < 0) {
    return status;
  }
  uint32_t rank = pad->move.input.tensor.rank;
  pad->has_value = op->node->inputs.length > 2;
  if ((status = mendlite_constant_input(op, 1, 2 * rank, &pad->sizes)) < 0 ||
      (pad->has_value && (status = mendlite_op_input(op, 2, &pad->value)) < 0)) {
    return status;
  }
  const struct mendlite_tensor *output = &pad->move.output.tensor;
  const struct mendlite_tensor *value = &pad->value.tensor;
  if (pad->has_value && (value->type != output->type || value->elements != 1 ||
                         value->constant == NULL || !mendlite_same_meaning(op, value, output))) {
    return MENDLITE_STATUS_MALFORMED;
  }
  const struct mendlite_shape sizes = {.rank = 2, .dims = {(int32_t)rank, 2}};
  return rank == output->rank && mendlite_has_shape(&pad->sizes.tensor, &sizes)
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_MALFORMED;
}

/* Where the input lies in the output. */
static int plan_walk(const struct pad *pad, struct mendlite_walk *walk) {
  int32_t strides[MENDLITE_MAX_RANK];
  const struct mendlite_tensor *input = &pad->move.input.tensor;
  const struct mendlite_tensor *output = &pad->move.output.tensor;
  mendlite_contiguous(output, strides);
  *walk = (struct mendlite_walk){.rank = input->rank};
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t before = mendlite_constant_i32(&pad->sizes.tensor, 2 * i);
    int32_t after = mendlite_constant_i32(&pad->sizes.tensor, 2 * i + 1);
    if (before < 0 || after < 0 || before > output->dims[i] ||
        output->dims[i] - before < input->dims[i] ||
        output->dims[i] - before - input->dims[i] != after) {
      return MENDLITE_STATUS_MALFORMED;
    }
    walk->dims[i] = input->dims[i];
    walk->strides[i] = strides[i];
    walk->at += before * strides[i];
  }
  return MENDLITE_STATUS_OK;
}

static void fill(const struct pad *pad) {
  const struct mendlite_operand *output = &pad->move.output;
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

int mendlite_op_pad(struct mendlite_op *op) {
  struct pad pad;
  struct mendlite_walk walk;
  int status;
  if ((status = read_pad(op, &pad)) < 0 || (status = plan_walk(&pad, &walk)) < 0 || !op->run) {
    return status;
  }
  fill(&pad);
  size_t size = pad.move.input.tensor.element_size;
  for (uint32_t i = 0; i < pad.move.input.tensor.elements; i++) {
    memcpy(pad.move.output.data + (size_t)walk.at * size, pad.move.input.data + i * size, size);
    mendlite_walk_on(&walk);
  }
  return MENDLITE_STATUS_OK;
}
