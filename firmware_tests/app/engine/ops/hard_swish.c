/* HARD_SWISH of 8 bits in 16-bit fixed point (hard_swish.h). */
#include "engine/ops/kernels.h"
#include "engine/ops/tabled.h"

/* Bits that inputs gain. */
enum { HEADROOM = 7 };

static int32_t saturated(int64_t x) {
  return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : (int32_t)x;
}

/* SaturatingRoundingDoublingHighMul of 16 bits. */
static int32_t high_product(int32_t a, int32_t b) { return saturated((a * b + (1 << 14)) >> 15); }

/* DownScaleInt32ToInt16Multiplier. */
static struct mendlite_multiplier multiplier_16(float real) {
  struct mendlite_multiplier by = mendlite_quantize_multiplier((double)real, MENDLITE_ROUND_DOUBLE);
  by.factor = by.factor >= INT32_MAX - (1 << 15) ? INT16_MAX : (by.factor + (1 << 15)) >> 16;
  return by;
}

/* (x + 3) / 6 within 0 ... 1, with 15 fraction bits. */
static int32_t gate(int32_t high, struct mendlite_multiplier by) {
  int32_t share = high;
  if (by.shift > 0) {
    share = saturated((int64_t)high * (INT64_C(1) << (by.shift - 1)));
  }
  share = high_product(share, by.factor);
  if (by.shift > 0) {
    share = saturated((int64_t)share * 2);
  } else if (by.shift < 0) {
    share = mendlite_rounding_divide_by_pot(share, -by.shift);
  }
  return (share + (1 << 15)) >> 1;
}

static int entry(const struct mendlite_curve *curve, int32_t x, int32_t *found) {
  int32_t high = x * (1 << HEADROOM);
  int32_t value = high_product(high, curve->by.factor);
  /* Divided towards zero, without rounding. */
  int32_t product = saturated(gate(high, curve->other_by) * value / (1 << 15));
  *found = mendlite_rounding_divide_by_pot(product, -curve->by.shift);
  return MENDLITE_STATUS_OK;
}

int mendlite_op_hard_swish(struct mendlite_op *op) {
  struct mendlite_curve curve;
  struct mendlite_multiplier largest;
  int status = mendlite_unary_read(op, &curve.unary);
  if (status < 0) {
    return status;
  }
  float scale = curve.unary.input.tensor.scale;
  float fine = 1.0f / (1 << HEADROOM) * scale;
  curve.by = multiplier_16(fine / curve.unary.output.tensor.scale);
  curve.other_by = multiplier_16(fine / (3.0f / 32768.0f));
  /* TFLite stops there. */
  if (curve.by.shift > 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  status = mendlite_op_multiplier(op, (double)scale * 32768.0 / 384.0, &largest);
  return status < 0 ? status : mendlite_curve_run(op, &curve, entry);
}
