/* TFLite's fixed-point multiplication (quantization_util.cc, common.h, gemmlowp's fixedpoint.h).
 *
 * A real multiplier is factor * 2^(shift - 31).
 */
#ifndef MENDLITE_FIXED_POINT_H
#define MENDLITE_FIXED_POINT_H

#include <stdint.h>

enum rounding {
  /* A rounding doubling high multiplication, then a rounding shift: rounds twice. */
  ROUND_DOUBLE = 0,
  /* One 64-bit product, one rounding shift (TFLITE_SINGLE_ROUNDING). */
  ROUND_SINGLE = 1
};

struct multiplier {
  /* 0, or in [2^30, 2^31). */
  int32_t factor;
  int32_t shift;
};

/* QuantizeMultiplier of a real multiplier above zero. */
struct multiplier quantize_multiplier(double real, enum rounding rounding);

/* MultiplyByQuantizedMultiplier. */
int32_t multiply(int32_t x, struct multiplier by, enum rounding rounding);

/* zero_point + MultiplyByQuantizedMultiplier: sound models stay within int32. */
int32_t requantize(int32_t x, struct multiplier by, enum rounding rounding, int32_t zero_point);

/* SaturatingRoundingDoublingHighMul and RoundingDivideByPOT (exponent 0 ... 31). */
int32_t doubling_high_mul(int32_t a, int32_t b);
int32_t rounding_divide_by_pot(int32_t x, int32_t exponent);

int32_t clamp(int32_t x, int32_t low, int32_t high);

/* round(x), half away from zero, of |x| < 2^30; beyond it the nearer end of that range. */
int32_t round_half_away(float x);

#endif
