/* MEAN over any axes (reduce.h, QuantizedMeanOrSum): the division by the count is folded into the
 * multiplier. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/strides.h"

struct mean {
  struct operand input;
  struct operand axes;
  struct operand output;
  /* Values summed into each output value. */
  uint32_t count;
  struct multiplier by;
  struct walk walk;
};

/* Field of ReducerOptions. */
enum { KEEP_AXES = 0 };

/* As many int8 values as can be summed in int32, and more than any mean has. */
enum { MOST_VALUES = 1 << 23 };

/* Which axes are summed, one bit each. */
static int reduced_axes(const struct mean *mean, uint32_t *mask) {
  const struct tensor *axes = &mean->axes.tensor;
  int32_t rank = (int32_t)mean->input.tensor.rank;
  *mask = 0;
  if (axes->type != TYPE_INT32 || axes->constant == NULL) {
    return STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < axes->elements; i++) {
    int32_t axis = constant_i32(axes, i);
    if (axis < -rank || axis >= rank) {
      return STATUS_MALFORMED;
    }
    *mask |= 1u << (axis < 0 ? axis + rank : axis);
  }
  return STATUS_OK;
}

/* The axes that are left, or all of them with an extent of 1 where one is gone. */
static int require_shape(const struct op *op, const struct mean *mean, uint32_t mask) {
  const struct tensor *input = &mean->input.tensor;
  struct shape shape = {.rank = 0};
  int32_t keeps;
  int status = op_small_option(op, KEEP_AXES, &keeps);
  for (uint32_t i = 0; i < input->rank; i++) {
    bool reduced = (mask >> i) & 1u;
    if (!reduced || keeps != 0) {
      shape.dims[shape.rank++] = reduced ? 1 : input->dims[i];
    }
  }
  return status < 0 || has_shape(&mean->output.tensor, &shape) ? status : STATUS_MALFORMED;
}

/* Walks the input; a reduced axis does not move the output. */
static int plan_walk(const struct op *op, struct mean *mean) {
  uint32_t mask;
  int status = reduced_axes(mean, &mask);
  if (status < 0 || (status = require_shape(op, mean, mask)) < 0) {
    return status;
  }
  const struct tensor *input = &mean->input.tensor;
  int32_t step = 1;
  mean->count = 1;
  mean->walk = (struct walk){.rank = input->rank};
  for (uint32_t i = input->rank; i-- > 0;) {
    bool reduced = (mask >> i) & 1u;
    mean->walk.dims[i] = input->dims[i];
    mean->walk.strides[i] = reduced ? 0 : step;
    step *= reduced ? 1 : input->dims[i];
    mean->count *= reduced ? (uint32_t)input->dims[i] : 1;
  }
  return mean->count < MOST_VALUES ? STATUS_OK : STATUS_UNSUPPORTED;
}

static struct multiplier divided(struct multiplier by, uint32_t count) {
  int32_t bits = 0;
  while (count >> (bits + 1)) {
    bits++;
  }
  /* As many bits as the count has are gained before the division, if the shift allows. */
  int32_t up = bits < 31 + by.shift ? bits : 31 + by.shift;
  int64_t scaled = (int64_t)by.factor * (INT64_C(1) << up);
  return (struct multiplier){.factor = (int32_t)(scaled / count), .shift = by.shift - up};
}

static void run_mean(const struct op *op, struct mean *mean, uint32_t *sums) {
  const struct tensor *input = &mean->input.tensor;
  const struct tensor *output = &mean->output.tensor;
  const int8_t *x = (const int8_t *)mean->input.data;
  int8_t *out = (int8_t *)mean->output.data;
  enum rounding rounding = op_rounding(op);
  struct multiplier by = divided(mean->by, mean->count);
  memset(sums, 0, output->elements * sizeof *sums);
  for (uint32_t i = 0; i < input->elements; i++) {
    sums[mean->walk.at] += (uint32_t)(x[i] - input->zero_point);
    walk_on(&mean->walk);
  }
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = requantize((int32_t)sums[i], by, rounding, output->zero_point);
    out[i] = (int8_t)clamp(found, -128, 127);
  }
}

int op_mean(struct op *op) {
  struct mean mean;
  int status;
  if ((status = op_input(op, 0, &mean.input)) < 0 || (status = op_list(op, 1, &mean.axes)) < 0 ||
      (status = op_output(op, 0, &mean.output)) < 0) {
    return status;
  }
  if (!is_int8(&mean.input.tensor) || !is_int8(&mean.output.tensor)) {
    return STATUS_UNSUPPORTED;
  }
  if (!both_quantized(op, &mean.input.tensor, &mean.output.tensor)) {
    return STATUS_MALFORMED;
  }
  double real = (double)mean.input.tensor.scale / (double)mean.output.tensor.scale;
  if ((status = plan_walk(op, &mean)) < 0 || (status = op_multiplier(op, real, &mean.by)) < 0) {
    return status;
  }
  uint32_t *sums = op_scratch(op, mean.output.tensor.elements * (uint32_t)sizeof(uint32_t));
  if (op->run) {
    run_mean(op, &mean, sums);
  }
  return STATUS_OK;
}
