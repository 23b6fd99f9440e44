/* ADD, SUB and MUL of two int8 tensors that broadcast (reference_integer_ops::Add, Mul; sub.cc). */
#include "engine/ops/kernels.h"
#include "engine/ops/strides.h"

/* The fused activation is field 0 of all three options tables. */
enum { ACTIVATION = 0 };

/* Bits of headroom that ADD and SUB give int8 values. */
enum { LEFT_SHIFT = 20 };

struct pairwise {
  struct mendlite_operand first;
  struct mendlite_operand second;
  struct mendlite_operand output;
  struct mendlite_range range;
  enum mendlite_rounding rounding;
  /* Of the first input, the second (ADD and SUB alone) and the result. */
  struct mendlite_multiplier first_by;
  struct mendlite_multiplier second_by;
  struct mendlite_multiplier output_by;
};

typedef int32_t combine(const struct pairwise *pair, int32_t x, int32_t y);

/* An input's extent along an axis of the output: aligned at the last one. */
static int32_t extent_along(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, uint32_t axis) {
  uint32_t missing = output->rank - input->rank;
  return axis < missing ? 1 : input->dims[axis - missing];
}

/* The inputs' extents are equal, or one of them is 1 and the output has the other. */
static bool broadcasts(const struct mendlite_tensor *first, const struct mendlite_tensor *second,
                       const struct mendlite_tensor *output) {
  uint32_t rank = first->rank > second->rank ? first->rank : second->rank;
  if (output->rank != rank) {
    return false;
  }
  for (uint32_t i = 0; i < rank; i++) {
    int32_t a = extent_along(first, output, i);
    int32_t b = extent_along(second, output, i);
    if ((a != b && a != 1 && b != 1) || output->dims[i] != (a == 1 ? b : a)) {
      return false;
    }
  }
  return true;
}

/* Strides by which one input is walked along the output; 0 along a broadcast axis. */
static void walk_of(const struct mendlite_tensor *input, const struct mendlite_tensor *output,
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

static int read_pair(const struct mendlite_op *op, struct pairwise *pair) {
  int32_t activation;
  int status;
  if ((status = mendlite_op_input(op, 0, &pair->first)) < 0 ||
      (status = mendlite_op_input(op, 1, &pair->second)) < 0 ||
      (status = mendlite_op_output(op, 0, &pair->output)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&pair->first.tensor) || !mendlite_is_int8(&pair->second.tensor) ||
      !mendlite_is_int8(&pair->output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &pair->first.tensor, &pair->second.tensor) ||
      !mendlite_tensor_is_quantized(op->model, &pair->output.tensor) ||
      !broadcasts(&pair->first.tensor, &pair->second.tensor, &pair->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  pair->rounding = mendlite_op_rounding(op);
  return mendlite_activation_range(&pair->output.tensor, activation, &pair->range);
}

static void run_pair(const struct pairwise *pair, combine *combine) {
  struct mendlite_walk first;
  struct mendlite_walk second;
  const struct mendlite_tensor *output = &pair->output.tensor;
  walk_of(&pair->first.tensor, output, &first);
  walk_of(&pair->second.tensor, output, &second);
  const int8_t *x = (const int8_t *)pair->first.data;
  const int8_t *y = (const int8_t *)pair->second.data;
  int8_t *out = (int8_t *)pair->output.data;
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = combine(pair, x[first.at] - pair->first.tensor.zero_point,
                            y[second.at] - pair->second.tensor.zero_point);
    int32_t shifted =
        mendlite_requantize(found, pair->output_by, pair->rounding, output->zero_point);
    out[i] = (int8_t)mendlite_clamp(shifted, pair->range.low, pair->range.high);
    mendlite_walk_on(&first);
    mendlite_walk_on(&second);
  }
}

static int32_t headroom(int32_t x, struct mendlite_multiplier by, enum mendlite_rounding rounding) {
  return mendlite_multiply(x * (1 << LEFT_SHIFT), by, rounding);
}

static int32_t add(const struct pairwise *pair, int32_t x, int32_t y) {
  return headroom(x, pair->first_by, pair->rounding) + headroom(y, pair->second_by, pair->rounding);
}

static int32_t subtract(const struct pairwise *pair, int32_t x, int32_t y) {
  return headroom(x, pair->first_by, pair->rounding) - headroom(y, pair->second_by, pair->rounding);
}

static int32_t times(const struct pairwise *pair, int32_t x, int32_t y) {
  (void)pair;
  return x * y;
}

static int run_sum(struct mendlite_op *op, combine *combine) {
  struct pairwise pair;
  int status = read_pair(op, &pair);
  if (status < 0) {
    return status;
  }
  double first = (double)pair.first.tensor.scale;
  double second = (double)pair.second.tensor.scale;
  double output = (double)pair.output.tensor.scale;
  double twice = 2.0 * (first > second ? first : second);
  double result = twice / ((1 << LEFT_SHIFT) * output);
  /* TFLite stops there (QuantizeMultiplierSmallerThanOneExp). */
  if (!(result < 1.0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (op->run) {
    pair.first_by = mendlite_quantize_multiplier(first / twice, pair.rounding);
    pair.second_by = mendlite_quantize_multiplier(second / twice, pair.rounding);
    pair.output_by = mendlite_quantize_multiplier(result, pair.rounding);
    run_pair(&pair, combine);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_add(struct mendlite_op *op) { return run_sum(op, add); }

int mendlite_op_sub(struct mendlite_op *op) { return run_sum(op, subtract); }

int mendlite_op_mul(struct mendlite_op *op) {
  struct pairwise pair;
  int status = read_pair(op, &pair);
  if (status < 0) {
    return status;
  }
  float first = pair.first.tensor.scale;
  float second = pair.second.tensor.scale;
  float output = pair.output.tensor.scale;
  /* mul.cc combines the scales in float32, TFLite Micro's mul_common.cc in double. */
  float ratio = first * second / output;
  double real =
      mendlite_op_desktop(op) ? (double)ratio : (double)first * (double)second / (double)output;
  status = mendlite_op_multiplier(op, real, &pair.output_by);
  if (status == MENDLITE_STATUS_OK && op->run) {
    run_pair(&pair, times);
  }
  return status;
}
