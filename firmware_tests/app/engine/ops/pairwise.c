/* ADD, SUB and MUL of two tensors that broadcast (reference_integer_ops::Add, Mul; sub.cc). */
#include <string.h>

#include "engine/fixed_point_inline.h"
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
  /* Bits of headroom, and whether the second input is subtracted (ADD and SUB alone). */
  int32_t left;
  bool subtracts;
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
  int32_t shifted = mendlite_requantize_inline(found, by->output_by, by->rounding,
                                               by->pair.output.tensor.zero_point);
  return mendlite_clamp_inline(shifted, by->range.low, by->range.high);
}

/* A value with headroom, in the steps that both inputs have in common. */
static int32_t share(const struct pairwise *by, const struct mendlite_operand *input, int32_t x,
                     struct mendlite_multiplier multiplier) {
  int32_t centred = x - input->tensor.zero_point;
  return mendlite_multiply_inline(centred * (1 << by->left), multiplier, by->rounding);
}

static int32_t sum(const void *context, int32_t x, int32_t y) {
  const struct pairwise *by = context;
  int32_t second = share(by, &by->pair.second, y, by->second_by);
  return finished(by,
                  share(by, &by->pair.first, x, by->first_by) + (by->subtracts ? -second : second));
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

static int run_sum(struct mendlite_op *op, bool subtracts) {
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
    by.subtracts = subtracts;
    mendlite_pair_run(&by.pair, sum, &by);
  }
  return MENDLITE_STATUS_OK;
}

static bool takes_int32(const struct mendlite_op *op) {
  struct mendlite_operand input;
  return mendlite_op_input(op, 0, &input) == MENDLITE_STATUS_OK &&
         input.tensor.type == MENDLITE_TYPE_INT32;
}

/* int32 values have no scale: they are combined as they are, and what leaves 32 bits wraps. */
static int run_plain(struct mendlite_op *op, mendlite_combine *combine) {
  struct mendlite_pair pair;
  int32_t activation;
  int status;
  if ((status = mendlite_pair_read(op, &pair)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  if (activation != MENDLITE_FUSED_NONE) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (op->run) {
    mendlite_pair_run(&pair, combine, NULL);
  }
  return MENDLITE_STATUS_OK;
}

static int32_t plain_sum(const void *context, int32_t x, int32_t y) {
  (void)context;
  return (int32_t)((uint32_t)x + (uint32_t)y);
}

static int32_t plain_difference(const void *context, int32_t x, int32_t y) {
  (void)context;
  return (int32_t)((uint32_t)x - (uint32_t)y);
}

static int32_t plain_product(const void *context, int32_t x, int32_t y) {
  (void)context;
  return (int32_t)((uint32_t)x * (uint32_t)y);
}

int mendlite_op_add(struct mendlite_op *op) {
  return takes_int32(op) ? run_plain(op, plain_sum) : run_sum(op, false);
}

int mendlite_op_sub(struct mendlite_op *op) {
  return takes_int32(op) ? run_plain(op, plain_difference) : run_sum(op, true);
}

int mendlite_op_mul(struct mendlite_op *op) {
  if (takes_int32(op)) {
    return run_plain(op, plain_product);
  }
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
