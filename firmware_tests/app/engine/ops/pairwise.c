/* ADD, SUB and MUL of two tensors that broadcast (reference_integer_ops::Add, Mul; sub.cc). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"

/* The fused activation is field 0 of all three options tables; field 1 of AddOptions and SubOptions
 * says whether LiteRT may add int16 values by shifts alone. */
enum { ACTIVATION = 0, BY_SHIFTS = 1 };

/* Bits of headroom that ADD and SUB give values of 8 and of 16 bits. */
enum { BYTES_SHIFT = 20, WORDS_SHIFT = 15 };

struct pairwise {
  struct mendlite_pair pair;
  struct mendlite_range range;
  enum mendlite_rounding rounding;
  /* Bits of headroom. */
  int32_t left;
  /* Of the first input, the second (ADD and SUB alone) and the result. */
  struct mendlite_multiplier first_by;
  struct mendlite_multiplier second_by;
  struct mendlite_multiplier output_by;
};

/* int16 has no zero-points. */
static bool is_run(const struct mendlite_op *op, const struct mendlite_pair *pair) {
  if (pair->output.tensor.type == MENDLITE_TYPE_INT16) {
    return mendlite_has_no_zero_point(op->model, &pair->first.tensor) &&
           mendlite_has_no_zero_point(op->model, &pair->second.tensor) &&
           mendlite_has_no_zero_point(op->model, &pair->output.tensor);
  }
  return mendlite_is_int8(&pair->output.tensor);
}

static int read_pairwise(const struct mendlite_op *op, struct pairwise *by) {
  int32_t activation;
  int status;
  if ((status = mendlite_pair_read(op, &by->pair)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  if (!is_run(op, &by->pair)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_pair_quantized(op, &by->pair)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  by->rounding = mendlite_op_rounding(op);
  by->left = mendlite_is_int8(&by->pair.output.tensor) ? BYTES_SHIFT : WORDS_SHIFT;
  return mendlite_activation_range(&by->pair.output.tensor, activation, &by->range);
}

static int32_t finished(const struct pairwise *by, int32_t found) {
  int32_t shifted =
      mendlite_requantize(found, by->output_by, by->rounding, by->pair.output.tensor.zero_point);
  return mendlite_clamp(shifted, by->range.low, by->range.high);
}

/* A value of the first input, or the second, with headroom and in their common steps. */
static int32_t first_share(const struct pairwise *by, int32_t x) {
  int32_t centred = x - by->pair.first.tensor.zero_point;
  return mendlite_multiply(centred * (1 << by->left), by->first_by, by->rounding);
}

static int32_t second_share(const struct pairwise *by, int32_t x) {
  int32_t centred = x - by->pair.second.tensor.zero_point;
  return mendlite_multiply(centred * (1 << by->left), by->second_by, by->rounding);
}

static int32_t add(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by, first_share(by, x) + second_share(by, y));
}

static int32_t subtract(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by, first_share(by, x) - second_share(by, y));
}

static int32_t times(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  return finished(by,
                  (x - by->pair.first.tensor.zero_point) * (y - by->pair.second.tensor.zero_point));
}

/* Whether a scale is a power of two, or within 2^0.002 of one (CheckedLog2). */
static bool is_power(float scale) {
  uint32_t bits;
  memcpy(&bits, &scale, sizeof bits);
  bits = (bits & 0x007fffffu) | 0x3f800000u;
  float mantissa;
  memcpy(&mantissa, &bits, sizeof mantissa);
  return mantissa < 1.0013873f || mantissa > 1.9972293f;
}

/* LiteRT adds int16 values by shifts alone where all scales are powers of two and the file permits
 * it: another arithmetic. */
static int require_general(const struct mendlite_op *op, const struct mendlite_pair *pair) {
  int32_t by_shifts;
  int status = mendlite_op_byte_option(op, BY_SHIFTS, 1, &by_shifts);
  if (status < 0 || mendlite_is_int8(&pair->output.tensor) || !mendlite_op_desktop(op)) {
    return status;
  }
  bool powers = is_power(pair->first.tensor.scale) && is_power(pair->second.tensor.scale) &&
                is_power(pair->output.tensor.scale);
  return powers && by_shifts != 0 ? MENDLITE_STATUS_UNSUPPORTED : MENDLITE_STATUS_OK;
}

static int run_sum(struct mendlite_op *op, mendlite_combine *combine) {
  struct pairwise by;
  int status = read_pairwise(op, &by);
  if (status < 0 || (status = require_general(op, &by.pair)) < 0) {
    return status;
  }
  double first = (double)by.pair.first.tensor.scale;
  double second = (double)by.pair.second.tensor.scale;
  double output = (double)by.pair.output.tensor.scale;
  double twice = 2.0 * (first > second ? first : second);
  double result = twice / ((1 << by.left) * output);
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
