/* TFLite's fixed-point multiplication (quantization_util.cc, common.h, gemmlowp's fixedpoint.h).
 *
 * A real multiplier is factor * 2^(shift - 31).
 */
#ifndef MENDLITE_FIXED_POINT_H
#define MENDLITE_FIXED_POINT_H

#include <stdint.h>

enum mendlite_rounding {
  /* A rounding doubling high multiplication, then a rounding shift: rounds twice. */
  MENDLITE_ROUND_DOUBLE = 0,
  /* One 64-bit product, one rounding shift (TFLITE_SINGLE_ROUNDING). */
  MENDLITE_ROUND_SINGLE = 1
};

struct mendlite_multiplier {
  /* 0, or in [2^30, 2^31). */
  int32_t factor;
  int32_t shift;
};

/* QuantizeMultiplier of a real multiplier above zero. */
struct mendlite_multiplier mendlite_quantize_multiplier(double real,
                                                        enum mendlite_rounding rounding);

/* MultiplyByQuantizedMultiplier. */
int32_t mendlite_multiply(int32_t x, struct mendlite_multiplier by,
                          enum mendlite_rounding rounding);

/* zero_point + MultiplyByQuantizedMultiplier: sound models stay within int32. */
int32_t mendlite_requantize(int32_t x, struct mendlite_multiplier by,
                            enum mendlite_rounding rounding, int32_t zero_point);

/* SaturatingRoundingDoublingHighMul and RoundingDivideByPOT (exponent 0 ... 31). */
int32_t mendlite_doubling_high_mul(int32_t a, int32_t b);
int32_t mendlite_rounding_divide_by_pot(int32_t x, int32_t exponent);

int32_t mendlite_clamp(int32_t x, int32_t low, int32_t high);

/* round(x), half away from zero, of |x| < 2^30; beyond it the nearer end of that range. */
int32_t mendlite_round_half_away(float x);

#endif
