/* ADD, SUB and MUL of two tensors that broadcast (reference_integer_ops::Add, Mul; sub.cc). */
#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"

/* The fused activation is field 0 of all three options tables. */
enum { ACTIVATION = 0 };

/* Bits of headroom that ADD and SUB give int8 values. */
enum { LEFT_SHIFT = 20 };

struct pairwise {
  struct mendlite_pair pair;
  struct mendlite_range range;
  enum mendlite_rounding rounding;
  /* Of the first input, the second (ADD and SUB alone) and the result. */
  struct mendlite_multiplier first_by;
  struct mendlite_multiplier second_by;
  struct mendlite_multiplier output_by;
};

static int read_pairwise(const struct mendlite_op *op, struct pairwise *by) {
  int32_t activation;
  int status;
  if ((status = mendlite_pair_read(op, &by->pair)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&by->pair.output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_pair_quantized(op, &by->pair)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  by->rounding = mendlite_op_rounding(op);
  return mendlite_activation_range(&by->pair.output.tensor, activation, &by->range);
}

static int32_t finished(const struct pairwise *by, int32_t found) {
  int32_t shifted =
      mendlite_requantize(found, by->output_by, by->rounding, by->pair.output.tensor.zero_point);
  return mendlite_clamp(shifted, by->range.low, by->range.high);
}

static int32_t headroom(const struct mendlite_operand *input, int32_t x,
                        struct mendlite_multiplier by, enum mendlite_rounding rounding) {
  return mendlite_multiply((x - input->tensor.zero_point) * (1 << LEFT_SHIFT), by, rounding);
}

static int32_t add(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by, headroom(&by->pair.first, x, by->first_by, by->rounding) +
                          headroom(&by->pair.second, y, by->second_by, by->rounding));
}

static int32_t subtract(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by, headroom(&by->pair.first, x, by->first_by, by->rounding) -
                          headroom(&by->pair.second, y, by->second_by, by->rounding));
}

static int32_t times(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by,
                  (x - by->pair.first.tensor.zero_point) * (y - by->pair.second.tensor.zero_point));
}

static int run_sum(struct mendlite_op *op, mendlite_combine *combine) {
  struct pairwise by;
  int status = read_pairwise(op, &by);
  if (status < 0) {
    return status;
  }
  double first = (double)by.pair.first.tensor.scale;
  double second = (double)by.pair.second.tensor.scale;
  double output = (double)by.pair.output.tensor.scale;
  double twice = 2.0 * (first > second ? first : second);
  double result = twice / ((1 << LEFT_SHIFT) * output);
  /* TFLite stops there (QuantizeMultiplierSmallerThanOneExp). */
  if (!(result < 1.0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (op->run) {
    by.first_by = mendlite_quantize_multiplier(first / twice, by.rounding);
    by.second_by = mendlite_quantize_multiplier(second / twice, by.rounding);
    by.output_by = mendlite_quantize_multiplier(result, by.rounding);
    mendlite_pair_run(&by.pair, combine, &by);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_add(struct mendlite_op *op) { return run_sum(op, add); }

int mendlite_op_sub(struct mendlite_op *op) { return run_sum(op, subtract); }

int mendlite_op_mul(struct mendlite_op *op) {
  struct pairwise by;
  int status = read_pairwise(op, &by);
  if (status < 0) {
    return status;
  }
  float first = by.pair.first.tensor.scale;
  float second = by.pair.second.tensor.scale;
  float output = by.pair.output.tensor.scale;
  /* mul.cc combines the scales in float32, TFLite Micro's mul_common.cc in double. */
  float ratio = first * second / output;
  double real =
      mendlite_op_desktop(op) ? (double)ratio : (double)first * (double)second / (double)output;
  status = mendlite_op_multiplier(op, real, &by.output_by);
  if (status == MENDLITE_STATUS_OK && op->run) {
    mendlite_pair_run(&by.pair, times, &by);
  }
  return status;
}
