/* MEAN over any axes (reduce.h, QuantizedMeanOrSum): the division by the count is folded into the
 * multiplier. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/strides.h"

struct mean {
  struct mendlite_operand input;
  struct mendlite_operand axes;
  struct mendlite_operand output;
  /* Values summed into each output value. */
  uint32_t count;
  struct mendlite_multiplier by;
  struct mendlite_walk walk;
};

/* Field of ReducerOptions. */
enum { KEEP_AXES = 0 };

/* As many int8 values as can be summed in int32, and more than any mean has. */
enum { MOST_VALUES = 1 << 23 };

/* Which axes are summed, one bit each. */
static int reduced_axes(const struct mean *mean, uint32_t *mask) {
  const struct mendlite_tensor *axes = &mean->axes.tensor;
  int32_t rank = (int32_t)mean->input.tensor.rank;
  *mask = 0;
  if (axes->type != MENDLITE_TYPE_INT32 || axes->constant == NULL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < axes->elements; i++) {
    int32_t axis = mendlite_constant_i32(axes, i);
    if (axis < -rank || axis >= rank) {
      return MENDLITE_STATUS_MALFORMED;
    }
    *mask |= 1u << (axis < 0 ? axis + rank : axis);
  }
  return MENDLITE_STATUS_OK;
}

/* The axes that are left, or all of them with an extent of 1 where one is gone. */
static int require_shape(const struct mendlite_op *op, const struct mean *mean, uint32_t mask) {
  const struct mendlite_tensor *input = &mean->input.tensor;
  struct mendlite_shape shape = {.rank = 0};
  int32_t keeps;
  int status = mendlite_op_small_option(op, KEEP_AXES, &keeps);
  for (uint32_t i = 0; i < input->rank; i++) {
    bool reduced = (mask >> i) & 1u;
    if (!reduced || keeps != 0) {
      shape.dims[shape.rank++] = reduced ? 1 : input->dims[i];
    }
  }
  return status < 0 || mendlite_has_shape(&mean->output.tensor, &shape) ? status
                                                                        : MENDLITE_STATUS_MALFORMED;
}

/* Walks the input; a reduced axis does not move the output. */
static int plan_walk(const struct mendlite_op *op, struct mean *mean) {
  uint32_t mask;
  int status = reduced_axes(mean, &mask);
  if (status < 0 || (status = require_shape(op, mean, mask)) < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mean->input.tensor;
  int32_t step = 1;
  mean->count = 1;
  mean->walk = (struct mendlite_walk){.rank = input->rank};
  for (uint32_t i = input->rank; i-- > 0;) {
    bool reduced = (mask >> i) & 1u;
    mean->walk.dims[i] = input->dims[i];
    mean->walk.strides[i] = reduced ? 0 : step;
    step *= reduced ? 1 : input->dims[i];
    mean->count *= reduced ? (uint32_t)input->dims[i] : 1;
  }
  return mean->count < MOST_VALUES ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

static struct mendlite_multiplier divided(struct mendlite_multiplier by, uint32_t count) {
  int32_t bits = 0;
  while (count >> (bits + 1)) {
    bits++;
  }
  /* As many bits as the count has are gained before the division, if the shift allows. */
  int32_t up = bits < 31 + by.shift ? bits : 31 + by.shift;
  int64_t scaled = (int64_t)by.factor * (INT64_C(1) << up);
  return (struct mendlite_multiplier){.factor = (int32_t)(scaled / count), .shift = by.shift - up};
}

static void run_mean(const struct mendlite_op *op, struct mean *mean, uint32_t *sums) {
  const struct mendlite_tensor *input = &mean->input.tensor;
  const struct mendlite_tensor *output = &mean->output.tensor;
  const int8_t *x = (const int8_t *)mean->input.data;
  int8_t *out = (int8_t *)mean->output.data;
  enum mendlite_rounding rounding = mendlite_op_rounding(op);
  struct mendlite_multiplier by = divided(mean->by, mean->count);
  memset(sums, 0, output->elements * sizeof *sums);
  for (uint32_t i = 0; i < input->elements; i++) {
    sums[mean->walk.at] += (uint32_t)(x[i] - input->zero_point);
    mendlite_walk_on(&mean->walk);
  }
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = mendlite_requantize((int32_t)sums[i], by, rounding, output->zero_point);
    out[i] = (int8_t)mendlite_clamp(found, -128, 127);
  }
}

int mendlite_op_mean(struct mendlite_op *op) {
  struct mean mean;
  int status;
  if ((status = mendlite_op_input(op, 0, &mean.input)) < 0 ||
      (status = mendlite_op_list(op, 1, &mean.axes)) < 0 ||
      (status = mendlite_op_output(op, 0, &mean.output)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&mean.input.tensor) || !mendlite_is_int8(&mean.output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &mean.input.tensor, &mean.output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  double real = (double)mean.input.tensor.scale / (double)mean.output.tensor.scale;
  if ((status = plan_walk(op, &mean)) < 0 ||
      (status = mendlite_op_multiplier(op, real, &mean.by)) < 0) {
    return status;
  }
  uint32_t *sums =
      mendlite_op_scratch(op, mean.output.tensor.elements * (uint32_t)sizeof(uint32_t));
  if (op->run) {
    run_mean(op, &mean, sums);
  }
  return MENDLITE_STATUS_OK;
}
