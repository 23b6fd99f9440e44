/* LEAKY_RELU of 8 bits and int16, SQRT and RSQRT of int8 (leaky_relu.h, elementwise.cc). */
#include <math.h>
#include <string.h>

#include "engine/ops/inverse_root.h"
#include "engine/ops/kernels.h"
#include "engine/ops/tabled.h"

/* Field of LeakyReluOptions. */
enum { ALPHA = 0 };

/* Not negative, neither infinite nor NaN. */
static int read_alpha(const struct mendlite_op *op, float *alpha) {
  int32_t bits;
  int status = mendlite_op_option(op, ALPHA, 0, &bits);
  if (status < 0) {
    return status;
  }
  memcpy(alpha, &bits, sizeof *alpha);
  return op->has_options && *alpha >= 0 && *alpha <= 3.4028234663852886e38f
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}

static int leaky(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  *found = mendlite_multiply(x, x < 0 ? curve->other_by : curve->by, curve->rounding);
  return MENDLITE_STATUS_OK;
}

/* Of int16, a value at a time. */
static int run_int16(const struct mendlite_op *op, const struct mendlite_curve *curve) {
  for (uint32_t i = 0; op->run && i < curve->unary.output.tensor.elements; i++) {
    int32_t found;
    leaky(curve, mendlite_value_at(&curve->unary.input, i), &found);
    mendlite_store_within(&curve->unary.output, i, found, mendlite_type_range(MENDLITE_TYPE_INT16));
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_leaky_relu(struct mendlite_op *op) {
  struct mendlite_curve curve;
  float alpha;
  bool int16 = mendlite_takes_int16(op);
  int status =
      int16 ? mendlite_unary_read_int16(op, &curve.unary) : mendlite_unary_read(op, &curve.unary);
  if (status < 0 || (status = read_alpha(op, &alpha)) < 0) {
    return status;
  }
  float scale = curve.unary.input.tensor.scale;
  float output = curve.unary.output.tensor.scale;
  float kept = scale / output;
  float cut = scale * alpha / output;
  curve.rounding = mendlite_op_rounding(op);
  if ((status = mendlite_op_multiplier(op, (double)kept, &curve.by)) < 0 ||
      (status = mendlite_op_multiplier(op, (double)cut, &curve.other_by)) < 0) {
    return status;
  }
  return int16 ? run_int16(op, &curve) : mendlite_curve_run(op, &curve, leaky);
}

/* Neither operator takes values below zero: looked at in each run, which ends where there is one.
 */
static int require_positive(const struct mendlite_op *op, const struct mendlite_operand *input) {
  for (uint32_t i = 0; op->run && i < input->tensor.elements; i++) {
    if (mendlite_byte_at(input, i) < input->tensor.zero_point) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

static int read_positive(const struct mendlite_op *op, struct mendlite_curve *curve) {
  int status = mendlite_unary_read(op, &curve->unary);
  if (status == MENDLITE_STATUS_OK && curve->unary.output.flip != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return status < 0 ? status : require_positive(op, &curve->unary.input);
}

/* Cut to a whole number. */
static int square_root(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  float value = curve->unary.input.tensor.scale * (float)(x > 0 ? x : 0);
  float root = sqrtf(value) / curve->unary.output.tensor.scale;
  if (!(root < 1073741824.0f)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  *found = (int32_t)root;
  return MENDLITE_STATUS_OK;
}

int mendlite_op_sqrt(struct mendlite_op *op) {
  struct mendlite_curve curve;
  int status = read_positive(op, &curve);
  return status < 0 ? status : mendlite_curve_run(op, &curve, square_root);
}

/* Bits by which RSQRT keeps its root a whole number. */
enum { ROOT_SHIFT = 20 };

static int inverse_root(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  if (x <= 0) {
    *found = INT8_MAX - curve->unary.output.tensor.zero_point;
    return MENDLITE_STATUS_OK;
  }
  struct mendlite_multiplier root = mendlite_inverse_root(x);
  root.shift += ROOT_SHIFT;
  *found =
      mendlite_multiply(mendlite_multiply(1, root, curve->rounding), curve->by, curve->rounding);
  return MENDLITE_STATUS_OK;
}

int mendlite_op_rsqrt(struct mendlite_op *op) {
  struct mendlite_curve curve;
  int status = read_positive(op, &curve);
  if (status < 0) {
    return status;
  }
  double scale = (double)curve.unary.input.tensor.scale;
  double output = (double)curve.unary.output.tensor.scale;
  /* elementwise.cc multiplies root and scale in float32, TFLite Micro in double. */
  float narrow = sqrtf((float)scale) * (float)output;
  double real = 1.0 / (mendlite_op_desktop(op) ? (double)narrow : sqrt(scale) * output);
  curve.rounding = mendlite_op_rounding(op);
  if ((status = mendlite_op_multiplier(op, real, &curve.by)) < 0) {
    return status;
  }
  curve.by.shift -= ROOT_SHIFT;
  return curve.by.shift < -31 ? MENDLITE_STATUS_UNSUPPORTED
                              : mendlite_curve_run(op, &curve, inverse_root);
}
