/* LOGISTIC and TANH of int16 (integer_ops/logistic.h, tanh.h). */
#include "engine/ops/wide_curves.h"

#include <math.h>

#include "engine/ops/unary.h"
#include "engine/ops/wide_tables.h"

/* A multiplier of 15 bits and a right shift that bring inputs to steps of 1 / (3 * 4096). */
struct steps {
  int32_t factor;
  int32_t right;
};

/* Scales within 2^0.001 of a power of two count as one; the host takes none that is at the limit.
 */
static int steps_of(float scale, int32_t most_power, struct steps *steps) {
  const double near = 1e-3;
  double power = log((double)scale) / log(2.0);
  double whole = floor(power + 0.5);
  double away = fabs(power - whole);
  if (!(scale < 2.6f) || fabs(away - near) < near / 100) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (away < near && whole >= -12 && whole <= most_power - 12) {
    *steps = (struct steps){.factor = 3 << ((int32_t)whole + 12), .right = 0};
    return MENDLITE_STATUS_OK;
  }
  double real = (double)scale * 4096.0 * 3.0;
  int32_t right = 0;
  for (; real <= 32767.0 / 2.0 && right < 31; right++) {
    real *= 2.0;
  }
  *steps = (struct steps){.factor = (int32_t)real, .right = right};
  return MENDLITE_STATUS_OK;
}

static int32_t scaled(int32_t x, struct steps steps) {
  int64_t half = steps.right > 0 ? INT64_C(1) << (steps.right - 1) : 0;
  return (int32_t)(((int64_t)x * steps.factor + half) >> steps.right);
}

/* The curve of the points at size / 2^bits, in 16 + bits bits; beyond the last but one point end.
 */
static int32_t between(int32_t size, int32_t bits, int32_t end) {
  int32_t place = size >> bits;
  if (place >= MENDLITE_LOGISTIC_POINTS - 1) {
    return end;
  }
  int32_t low = mendlite_logistic_points[place];
  int32_t high = mendlite_logistic_points[place + 1];
  return low * (1 << bits) + (size & ((1 << bits) - 1)) * (high - low);
}

int32_t mendlite_logistic_of_24ths(int32_t x) {
  int32_t found = between(x < 0 ? -x : x, 9, 0x7fff << 10);
  return (x >= 0 ? found + (1 << 9) : (1 << 25) - found + (1 << 9) - 1) >> 10;
}

int32_t mendlite_tanh_of_24ths(int32_t x) {
  const int32_t one = 1 << 23;
  const int32_t half = 1 << 7;
  int32_t found = between(x < 0 ? -x : x, 8, 0xffff << 8);
  return (x >= 0 ? found - one + half : one - found + half - 1) >> 8;
}

typedef int32_t curve(int32_t x);

static int run_curve(struct mendlite_op *op, curve *curve, int32_t most_power) {
  struct mendlite_unary unary;
  struct steps steps;
  int status = mendlite_unary_read_int16(op, &unary);
  if (status < 0 || (status = steps_of(unary.input.tensor.scale, most_power, &steps)) < 0) {
    return status;
  }
  if (unary.output.tensor.scale != 1.0f / 32768) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; op->run && i < unary.output.tensor.elements; i++) {
    mendlite_store_value(&unary.output, i,
                         curve(scaled(mendlite_value_at(&unary.input, i), steps)));
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_wide_logistic(struct mendlite_op *op) {
  return run_curve(op, mendlite_logistic_of_24ths, 0);
}

int mendlite_wide_tanh(struct mendlite_op *op) { return run_curve(op, mendlite_tanh_of_24ths, 1); }
