/* LOGISTIC, TANH and the RELU family (reference_integer_ops::Logistic, Tanh; QuantizedReluX), each
 * by a table of its 256 inputs. */
#include "engine/exponential.h"
#include "engine/ops/kernels.h"
#include "engine/ops/unary.h"

/* Integer bits of the scaled inputs of LOGISTIC and TANH. */
enum { INTEGER_BITS = 4 };

enum { TABLE_SIZE = 256 };

static void look_up(const struct unary *unary, const int8_t table[TABLE_SIZE]) {
  const int8_t *x = (const int8_t *)unary->input.data;
  int8_t *out = (int8_t *)unary->output.data;
  for (uint32_t i = 0; i < unary->output.tensor.elements; i++) {
    out[i] = table[x[i] + 128];
  }
}

/* What a saturating function makes of an input in Q4.27: a value in Q0.31 (sign included). */
typedef int32_t curve(int32_t x);

static int32_t logistic(int32_t x) {
  if (x == 0) {
    return 1 << 30;
  }
  int32_t share = one_over_one_plus(exp_on_negative_values(x > 0 ? -x : x, INTEGER_BITS));
  return x > 0 ? share : INT32_MAX - share;
}

static int32_t hyperbolic_tangent(int32_t x) {
  if (x == 0) {
    return 0;
  }
  int32_t twice = x > 0 ? -x : x;
  /* tanh |x| = (1 - exp(-2 |x|)) / (1 + exp(-2 |x|)): one more integer bit doubles. */
  int32_t share = one_minus_over_one_plus(exp_on_negative_values(twice, INTEGER_BITS + 1));
  return x > 0 ? share : -share;
}

struct saturating {
  curve *curve;
  /* Bits that the result loses on its way to int8, the output's zero-point, its lowest value. */
  int32_t down;
  int32_t zero_point;
};

/* CalculateInputRadius: beyond it the input leaves Q4.27. */
static int32_t input_radius(struct multiplier by) {
  int64_t largest = (int64_t)((1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS);
  if (by.shift <= 0) {
    return INT32_MAX;
  }
  return by.shift > 31 ? 0 : (int32_t)(largest >> by.shift);
}

static int run_saturating(struct op *op, struct saturating how, float output_scale) {
  struct unary unary;
  int8_t *table = op_scratch(op, TABLE_SIZE);
  int status = unary_read(op, &unary);
  if (status < 0) {
    return status;
  }
  const struct tensor *output = &unary.output.tensor;
  if (output->scale != output_scale || output->zero_point != how.zero_point) {
    return STATUS_UNSUPPORTED;
  }
  if (!op->run) {
    return STATUS_OK;
  }
  enum rounding rounding = op_rounding(op);
  double real = (double)unary.input.tensor.scale * (1 << (31 - INTEGER_BITS));
  struct multiplier by = quantize_multiplier(real, rounding);
  int32_t radius = input_radius(by);
  for (int32_t value = -128; value < 128; value++) {
    int32_t x = value - unary.input.tensor.zero_point;
    int32_t found = x > 0 ? 127 : -128;
    if (x > -radius && x < radius) {
      int32_t share = how.curve(multiply(x, by, rounding));
      found = clamp(rounding_divide_by_pot(share, how.down) + how.zero_point, -128, 127);
    }
    table[value + 128] = (int8_t)found;
  }
  look_up(&unary, table);
  return STATUS_OK;
}

int op_logistic(struct op *op) {
  return run_saturating(
      op, (struct saturating){.curve = logistic, .down = 31 - 8, .zero_point = -128}, 1.0f / 256);
}

int op_tanh(struct op *op) {
  return run_saturating(
      op, (struct saturating){.curve = hyperbolic_tangent, .down = 31 - 7, .zero_point = 0},
      1.0f / 128);
}

/* ActivationFunctionType of the schema. */
enum { RELU = 1, RELU_N1_TO_1 = 2, RELU6 = 3 };

static int run_relu(struct op *op, int32_t activation) {
  struct unary unary;
  struct range range;
  int8_t *table = op_scratch(op, TABLE_SIZE);
  int status;
  if ((status = unary_read(op, &unary)) < 0 ||
      (status = activation_range(&unary.output.tensor, activation, &range)) < 0 || !op->run) {
    return status;
  }
  const struct tensor *input = &unary.input.tensor;
  const struct tensor *output = &unary.output.tensor;
  enum rounding rounding = op_rounding(op);
  struct multiplier by =
      quantize_multiplier((double)input->scale / (double)output->scale, rounding);
  for (int32_t value = -128; value < 128; value++) {
    int32_t scaled = multiply(value - input->zero_point, by, rounding);
    int32_t shifted = (int32_t)((uint32_t)scaled + (uint32_t)output->zero_point);
    table[value + 128] = (int8_t)clamp(shifted, range.low, range.high);
  }
  look_up(&unary, table);
  return STATUS_OK;
}

int op_relu(struct op *op) { return run_relu(op, RELU); }

int op_relu6(struct op *op) { return run_relu(op, RELU6); }

int op_relu_n1_to_1(struct op *op) { return run_relu(op, RELU_N1_TO_1); }
