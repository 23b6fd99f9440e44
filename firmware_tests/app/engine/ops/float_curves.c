/* ELU, EXP, LOG and GELU of int8, tabulated in float32 (LUTPopulate).
 *
 * The C library's functions are within an ulp or two of the true value: where an entry lies so near
 * a tie that another library could round it otherwise, the operator is not run.
 */
#include <math.h>

#include "engine/ops/kernels.h"
#include "engine/ops/tabled.h"

/* Field of GeluOptions. */
enum { APPROXIMATE = 0 };

/* More terms than the series of erf has above its last bit. */
enum { MOST_TERMS = 160 };

typedef double real_curve(double x);

static double elu(double x) { return x < 0 ? expm1(x) : x; }

/* erf by its series of positive terms x e^(-x^2) (2 x^2)^n / (1 3 5 ... (2 n + 1)) times 2 /
 * sqrt(pi), up to 6, from where on it is 1: a fifth of the C library's flash. */
static double error_function(double x) {
  double inner = x > 6.0 ? 6.0 : x < -6.0 ? -6.0 : x;
  double term = inner * exp(-inner * inner);
  double total = term;
  double before = 0;
  for (int32_t n = 1; total != before && n < MOST_TERMS; n++) {
    before = total;
    term = term * (2.0 * inner * inner) / (2 * n + 1);
    total += term;
  }
  double found = total * 1.1283791670955126;
  return found > 1.0 ? 1.0 : found < -1.0 ? -1.0 : found;
}

static double gelu(double x) { return 0.5 * x * (1.0 + error_function(x / 1.4142135623730951)); }

static double gelu_by_tanh(double x) {
  return 0.5 * x * (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

/* Steps of the output, rounded half away from zero. Beyond int32 the kernel's conversion is
 * undefined. */
static int rounded(const struct mendlite_curve *curve, float real, int32_t *found) {
  const float unsure = 8.0f / (1 << 24);
  float scaled = real * (1.0f / curve->unary.output.tensor.scale);
  float size = fabsf(scaled);
  if (!(size < 2147483648.0f)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (fabs((double)scaled + curve->unary.output.tensor.zero_point) < 512.0) {
    double away = fabs((double)(size - (float)(int32_t)size) - 0.5);
    if (away <= (double)(unsure * (size > 1.0f ? size : 1.0f))) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  *found = mendlite_round_half_away(scaled);
  return MENDLITE_STATUS_OK;
}

static int tabulated(const struct mendlite_curve *curve, int32_t x, real_curve *real,
                     int32_t *found) {
  return rounded(curve, (float)real((double)(curve->unary.input.tensor.scale * (float)x)), found);
}

static int elu_entry(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  return tabulated(curve, x, elu, found);
}

static int exp_entry(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  return tabulated(curve, x, exp, found);
}

static int gelu_entry(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  return tabulated(curve, x, curve->parameter != 0 ? gelu_by_tanh : gelu, found);
}

/* Of what is not above 0 the least output. */
static int log_entry(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  if (x > 0) {
    return tabulated(curve, x, log, found);
  }
  *found = INT8_MIN - curve->unary.output.tensor.zero_point;
  return MENDLITE_STATUS_OK;
}

static int run_real(struct mendlite_op *op, mendlite_entry *entry, float parameter) {
  struct mendlite_curve curve;
  int status = mendlite_unary_read(op, &curve.unary);
  /* TFLite has no uint8 kernel of them. */
  if (status == MENDLITE_STATUS_OK && curve.unary.output.flip != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  curve.parameter = parameter;
  return status < 0 ? status : mendlite_curve_run(op, &curve, entry);
}

int mendlite_op_elu(struct mendlite_op *op) { return run_real(op, elu_entry, 0); }

int mendlite_op_exp(struct mendlite_op *op) { return run_real(op, exp_entry, 0); }

int mendlite_op_log(struct mendlite_op *op) { return run_real(op, log_entry, 0); }

int mendlite_op_gelu(struct mendlite_op *op) {
  int32_t approximate;
  int status = mendlite_op_small_option(op, APPROXIMATE, &approximate);
  return status < 0 ? status : run_real(op, gelu_entry, (float)approximate);
}
