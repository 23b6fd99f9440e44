/* LOGISTIC, TANH and the RELU family, each by a table of its 256 inputs.
 *
 * TFLite Micro computes the curves in fixed point (reference_integer_ops::Logistic, Tanh), the
 * desktop in float32 (LUTPopulate with the curves of activations.cc).
 */
#include <math.h>

#include "engine/exponential.h"
#include "engine/ops/kernels.h"
#include "engine/ops/unary.h"
#include "engine/ops/wide_curves.h"

/* Integer bits of the scaled inputs of LOGISTIC and TANH. */
enum { INTEGER_BITS = 4 };

/* What a saturating function makes of an input in Q4.27: a value in Q0.31 (sign included). */
typedef int32_t curve(int32_t x);

static int32_t logistic(int32_t x) {
  if (x == 0) {
    return 1 << 30;
  }
  int32_t share =
      mendlite_one_over_one_plus(mendlite_exp_on_negative_values(x > 0 ? -x : x, INTEGER_BITS));
  return x > 0 ? share : INT32_MAX - share;
}

static int32_t hyperbolic_tangent(int32_t x) {
  if (x == 0) {
    return 0;
  }
  int32_t twice = x > 0 ? -x : x;
  /* tanh |x| = (1 - exp(-2 |x|)) / (1 + exp(-2 |x|)): one more integer bit doubles. */
  int32_t share =
      mendlite_one_minus_over_one_plus(mendlite_exp_on_negative_values(twice, INTEGER_BITS + 1));
  return x > 0 ? share : -share;
}

/* The same in float32. */
typedef float float_curve(float x);

static float float_logistic(float x) {
  /* Through double: rounded once, as the desktop's expf nearly always is. Beyond 88 it would be
   * infinite, and the quotient zero: as well with the largest exponent that is not. */
  double power = -(double)x;
  float exponential = (float)exp(power < 88.0 ? power : 88.0);
  return 1.0f / (1.0f + exponential);
}

static float float_tanh(float x) { return (float)tanh((double)x); }

struct saturating {
  curve *curve;
  float_curve *float_curve;
  /* Bits that the fixed-point result loses on its way to int8. */
  int32_t down;
  /* The output's quantization. */
  float scale;
  int32_t zero_point;
};

/* CalculateInputRadius: beyond it the input leaves Q4.27. */
static int32_t input_radius(struct mendlite_multiplier by) {
  int64_t largest = (int64_t)((1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS);
  if (by.shift <= 0) {
    return INT32_MAX;
  }
  return by.shift > 31 ? 0 : (int32_t)(largest >> by.shift);
}

static void fixed_point_table(const struct mendlite_op *op, const struct saturating *how,
                              const struct mendlite_tensor *input,
                              int8_t table[MENDLITE_LOOKUP_SIZE]) {
  enum mendlite_rounding rounding = mendlite_op_rounding(op);
  double real = (double)input->scale * (1 << (31 - INTEGER_BITS));
  struct mendlite_multiplier by = mendlite_quantize_multiplier(real, rounding);
  int32_t radius = input_radius(by);
  for (int32_t value = -128; value < 128; value++) {
    int32_t x = value - input->zero_point;
    int32_t found = x > 0 ? 127 : -128;
    if (x > -radius && x < radius) {
      int32_t share = how->curve(mendlite_multiply(x, by, rounding));
      found = mendlite_clamp(mendlite_rounding_divide_by_pot(share, how->down) + how->zero_point,
                             -128, 127);
    }
    table[value + 128] = (int8_t)found;
  }
}

static void float_table(const struct saturating *how, const struct mendlite_tensor *input,
                        int8_t table[MENDLITE_LOOKUP_SIZE]) {
  float inverse = 1.0f / how->scale;
  for (int32_t value = -128; value < 128; value++) {
    float x = input->scale * (float)(value - input->zero_point);
    float scaled = how->float_curve(x) * inverse;
    table[value + 128] =
        (int8_t)mendlite_clamp(mendlite_round_half_away(scaled) + how->zero_point, -128, 127);
  }
}

static int run_saturating(struct mendlite_op *op, const struct saturating *how) {
  struct mendlite_unary unary;
  int8_t *table = mendlite_op_scratch(op, MENDLITE_LOOKUP_SIZE);
  int status = mendlite_unary_read(op, &unary);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &unary.output.tensor;
  /* 2^-28 and 8: what TFLite's own fixed point has bits for. */
  float input_scale = unary.input.tensor.scale;
  if (output->scale != how->scale || output->zero_point != how->zero_point ||
      input_scale < 3.7252902984619140625e-9f || input_scale >= 8.0f) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!op->run) {
    return MENDLITE_STATUS_OK;
  }
  if (mendlite_op_desktop(op)) {
    float_table(how, &unary.input.tensor, table);
  } else {
    fixed_point_table(op, how, &unary.input.tensor, table);
  }
  mendlite_look_up(&unary, table);
  return MENDLITE_STATUS_OK;
}

int mendlite_op_logistic(struct mendlite_op *op) {
  static const struct saturating how = {.curve = logistic,
                                        .float_curve = float_logistic,
                                        .down = 31 - 8,
                                        .scale = 1.0f / 256,
                                        .zero_point = -128};
  return mendlite_takes_int16(op) ? mendlite_wide_logistic(op) : run_saturating(op, &how);
}

int mendlite_op_tanh(struct mendlite_op *op) {
  static const struct saturating how = {.curve = hyperbolic_tangent,
                                        .float_curve = float_tanh,
                                        .down = 31 - 7,
                                        .scale = 1.0f / 128,
                                        .zero_point = 0};
  return mendlite_takes_int16(op) ? mendlite_wide_tanh(op) : run_saturating(op, &how);
}

/* QuantizedReluX: requantized, then clamped. */
static int relu_multiplier(const struct mendlite_op *op, const struct mendlite_unary *unary,
                           struct mendlite_multiplier *by) {
  const struct mendlite_tensor *input = &unary->input.tensor;
  const struct mendlite_tensor *output = &unary->output.tensor;
  /* activations.cc divides the scales in float32, TFLite Micro in double. */
  float ratio = input->scale / output->scale;
  double real =
      mendlite_op_desktop(op) ? (double)ratio : (double)input->scale / (double)output->scale;
  return mendlite_op_multiplier(op, real, by);
}

static void relu_table(const struct mendlite_op *op, const struct mendlite_unary *unary,
                       struct mendlite_multiplier by, struct mendlite_range range,
                       int8_t table[MENDLITE_LOOKUP_SIZE]) {
  const struct mendlite_tensor *input = &unary->input.tensor;
  const struct mendlite_tensor *output = &unary->output.tensor;
  enum mendlite_rounding rounding = mendlite_op_rounding(op);
  for (int32_t value = -128; value < 128; value++) {
    int32_t found =
        mendlite_requantize(value - input->zero_point, by, rounding, output->zero_point);
    table[value + 128] = (int8_t)mendlite_clamp(found, range.low, range.high);
  }
}

static int run_relu(struct mendlite_op *op, int32_t activation) {
  struct mendlite_unary unary;
  struct mendlite_range range;
  struct mendlite_multiplier by;
  int8_t *table = mendlite_op_scratch(op, MENDLITE_LOOKUP_SIZE);
  int status = mendlite_unary_read(op, &unary);
  if (status < 0 || (status = relu_multiplier(op, &unary, &by)) < 0) {
    return status;
  }
  /* TFLite Micro's RELU6 takes the output's quantization to be the input's and only clamps. */
  bool clamps = activation == MENDLITE_FUSED_RELU6 && !mendlite_op_desktop(op);
  const struct mendlite_tensor *bounded = clamps ? &unary.input.tensor : &unary.output.tensor;
  status = mendlite_activation_range(bounded, activation, &range);
  if (status < 0 || !op->run) {
    return status;
  }
  if (clamps) {
    for (int32_t value = -128; value < 128; value++) {
      table[value + 128] = (int8_t)mendlite_clamp(value, range.low, range.high);
    }
  } else {
    relu_table(op, &unary, by, range, table);
  }
  mendlite_look_up(&unary, table);
  return MENDLITE_STATUS_OK;
}

int mendlite_op_relu(struct mendlite_op *op) { return run_relu(op, MENDLITE_FUSED_RELU); }

int mendlite_op_relu6(struct mendlite_op *op) { return run_relu(op, MENDLITE_FUSED_RELU6); }

int mendlite_op_relu_n1_to_1(struct mendlite_op *op) {
  return run_relu(op, MENDLITE_FUSED_RELU_N1_TO_1);
}
