#include "engine/ops/reduction.h"

/* Field of ReducerOptions. */
enum { KEEP_AXES = 0 };

/* Which axes are reduced, one bit each. */
static int reduced_axes(const struct mendlite_op *op, int32_t rank, uint32_t *mask) {
  struct mendlite_operand axes;
  int status = mendlite_op_list(op, 1, &axes);
  *mask = 0;
  if (status < 0) {
    return status;
  }
  if (axes.tensor.type != MENDLITE_TYPE_INT32 || axes.tensor.constant == NULL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < axes.tensor.elements; i++) {
    int32_t axis = mendlite_constant_i32(&axes.tensor, i);
    if (axis < -rank || axis >= rank) {
      return MENDLITE_STATUS_MALFORMED;
    }
    *mask |= 1u << (axis < 0 ? axis + rank : axis);
  }
  return MENDLITE_STATUS_OK;
}

/* The axes that are left, or all of them with an extent of 1 where one is gone. */
static int require_shape(const struct mendlite_op *op, const struct mendlite_reduction *reduction,
                         uint32_t mask) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  struct mendlite_shape shape = {.rank = 0};
  int32_t keeps;
  int status = mendlite_op_small_option(op, KEEP_AXES, &keeps);
  for (uint32_t i = 0; i < input->rank; i++) {
    bool reduced = (mask >> i) & 1u;
    if (!reduced || keeps != 0) {
      shape.dims[shape.rank++] = reduced ? 1 : input->dims[i];
    }
  }
  return status < 0 || mendlite_has_shape(&reduction->output.tensor, &shape)
             ? status
             : MENDLITE_STATUS_MALFORMED;
}

static void plan_walk(struct mendlite_reduction *reduction, uint32_t mask) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  int32_t step = 1;
  reduction->count = 1;
  reduction->walk = (struct mendlite_walk){.rank = input->rank};
  for (uint32_t i = input->rank; i-- > 0;) {
    bool reduced = (mask >> i) & 1u;
    reduction->walk.dims[i] = input->dims[i];
    reduction->walk.strides[i] = reduced ? 0 : step;
    step *= reduced ? 1 : input->dims[i];
    reduction->count *= reduced ? (uint32_t)input->dims[i] : 1;
  }
}

int mendlite_reduction_read(const struct mendlite_op *op, struct mendlite_reduction *reduction) {
  struct mendlite_operand *const operands[] = {&reduction->input, &reduction->output};
  uint32_t mask;
  int status;
  if ((status = mendlite_op_input(op, 0, &reduction->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &reduction->output)) < 0 ||
      (status = reduced_axes(op, (int32_t)reduction->input.tensor.rank, &mask)) < 0 ||
      (status = require_shape(op, reduction, mask)) < 0) {
    return status;
  }
  mendlite_take_uint8(operands, 2);
  plan_walk(reduction, mask);
  return reduction->input.tensor.type == reduction->output.tensor.type
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}
