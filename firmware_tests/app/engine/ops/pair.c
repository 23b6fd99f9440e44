#include "engine/ops/pair.h"

/* An input's extent along an axis of the output: aligned at the last one. */
static int32_t extent_along(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, uint32_t axis) {
  uint32_t missing = output->rank - input->rank;
  return axis < missing ? 1 : input->dims[axis - missing];
}

bool mendlite_broadcasts(const struct mendlite_tensor *const inputs[], uint32_t count,
                         const struct mendlite_tensor *output) {
  uint32_t rank = 0;
  for (uint32_t k = 0; k < count; k++) {
    rank = inputs[k]->rank > rank ? inputs[k]->rank : rank;
  }
  if (output->rank != rank) {
    return false;
  }
  for (uint32_t i = 0; i < rank; i++) {
    int32_t common = 1;
    for (uint32_t k = 0; k < count; k++) {
      int32_t extent = extent_along(inputs[k], output, i);
      if (extent != 1 && common != 1 && extent != common) {
        return false;
      }
      common = extent == 1 ? common : extent;
    }
    if (output->dims[i] != common) {
      return false;
    }
  }
  return true;
}

int mendlite_pair_read(const struct mendlite_op *op, struct mendlite_pair *pair) {
  struct mendlite_operand *const operands[] = {&pair->first, &pair->second, &pair->output};
  int status;
  if ((status = mendlite_op_input(op, 0, &pair->first)) < 0 ||
      (status = mendlite_op_input(op, 1, &pair->second)) < 0 ||
      (status = mendlite_op_output(op, 0, &pair->output)) < 0) {
    return status;
  }
  mendlite_take_uint8(operands, 3);
  bool one_type = pair->first.tensor.type == pair->second.tensor.type &&
                  pair->first.tensor.type == pair->output.tensor.type;
  if (!one_type) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  const struct mendlite_tensor *const inputs[] = {&pair->first.tensor, &pair->second.tensor};
  return mendlite_broadcasts(inputs, 2, &pair->output.tensor) ? MENDLITE_STATUS_OK
                                                              : MENDLITE_STATUS_MALFORMED;
}

bool mendlite_pair_quantized(const struct mendlite_op *op, const struct mendlite_pair *pair) {
  return mendlite_both_quantized(op, &pair->first.tensor, &pair->second.tensor) &&
         mendlite_tensor_is_quantized(op->model, &pair->output.tensor);
}

void mendlite_walk_along(const struct mendlite_tensor *input, const struct mendlite_tensor *output,
                         struct mendlite_walk *walk) {
  int32_t strides[MENDLITE_MAX_RANK];
  mendlite_contiguous(input, strides);
  *walk = (struct mendlite_walk){.rank = output->rank};
  uint32_t missing = output->rank - input->rank;
  for (uint32_t i = 0; i < output->rank; i++) {
    walk->dims[i] = output->dims[i];
    walk->strides[i] = extent_along(input, output, i) == 1 ? 0 : strides[i - missing];
  }
}

/* Where nothing broadcasts, all three are in one order. */
static void run_alike(const struct mendlite_pair *pair, mendlite_combine *combine,
                      const void *context) {
  bool bytes = pair->output.tensor.element_size == 1;
  for (uint32_t i = 0; i < pair->output.tensor.elements; i++) {
    if (bytes) {
      mendlite_store_byte(
          &pair->output, i,
          combine(context, mendlite_byte_at(&pair->first, i), mendlite_byte_at(&pair->second, i)));
    } else {
      mendlite_store_value(&pair->output, i,
                           combine(context, mendlite_value_at(&pair->first, i),
                                   mendlite_value_at(&pair->second, i)));
    }
  }
}

void mendlite_pair_run(const struct mendlite_pair *pair, mendlite_combine *combine,
                       const void *context) {
  struct mendlite_walk first;
  struct mendlite_walk second;
  const struct mendlite_tensor *output = &pair->output.tensor;
  if (mendlite_same_shape(&pair->first.tensor, &pair->second.tensor)) {
    run_alike(pair, combine, context);
    return;
  }
  mendlite_walk_along(&pair->first.tensor, output, &first);
  mendlite_walk_along(&pair->second.tensor, output, &second);
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = combine(context, mendlite_value_at(&pair->first, (size_t)first.at),
                            mendlite_value_at(&pair->second, (size_t)second.at));
    mendlite_store_value(&pair->output, i, found);
    mendlite_walk_on(&first);
    mendlite_walk_on(&second);
  }
}
