#include "engine/fixed_point.h"

#include <string.h>

#include "engine/fixed_point_inline.h"

/* A double's parts (IEEE 754): exponent field, and fraction with the hidden bit. */
enum { FRACTION_BITS = 52, EXPONENT_MASK = 0x7ff, EXPONENT_BIAS = 1022 };

struct mendlite_multiplier mendlite_quantize_multiplier(double real,
                                                        enum mendlite_rounding rounding) {
  uint64_t bits;
  memcpy(&bits, &real, sizeof bits);
  int32_t exponent = (int32_t)((bits >> FRACTION_BITS) & EXPONENT_MASK);
  if (exponent == 0) {
    return (struct mendlite_multiplier){.factor = 0, .shift = 0};
  }
  uint64_t fraction =
      (bits & ((UINT64_C(1) << FRACTION_BITS) - 1)) | (UINT64_C(1) << FRACTION_BITS);
  /* frexp's fraction in [1/2, 1) times 2^31, rounded half up. */
  uint64_t factor = (fraction + (UINT64_C(1) << 21)) >> 22;
  int32_t shift = exponent - EXPONENT_BIAS;
  if (factor == UINT64_C(1) << 31) {
    factor /= 2;
    shift += 1;
  }
  if (shift < -31) {
    return (struct mendlite_multiplier){.factor = 0, .shift = 0};
  }
  if (rounding == MENDLITE_ROUND_SINGLE && shift > 30) {
    return (struct mendlite_multiplier){.factor = INT32_MAX, .shift = 30};
  }
  return (struct mendlite_multiplier){.factor = (int32_t)factor, .shift = shift};
}

int32_t mendlite_doubling_high_mul(int32_t a, int32_t b) {
  return mendlite_doubling_high_mul_inline(a, b);
}

int32_t mendlite_rounding_divide_by_pot(int32_t x, int32_t exponent) {
  return mendlite_rounding_divide_by_pot_inline(x, exponent);
}

int32_t mendlite_multiply(int32_t x, struct mendlite_multiplier by,
                          enum mendlite_rounding rounding) {
  return mendlite_multiply_inline(x, by, rounding);
}

int32_t mendlite_requantize(int32_t x, struct mendlite_multiplier by,
                            enum mendlite_rounding rounding, int32_t zero_point) {
  return mendlite_requantize_inline(x, by, rounding, zero_point);
}

int32_t mendlite_clamp(int32_t x, int32_t low, int32_t high) {
  return mendlite_clamp_inline(x, low, high);
}

int32_t mendlite_round_half_away(float x) {
  const float end = 1073741824.0f;
  if (!(x > -end)) {
    return -(1 << 30);
  }
  if (x >= end) {
    return 1 << 30;
  }
  int32_t whole = (int32_t)x;
  float rest = x - (float)whole;
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

int32_t mendlite_leading_zeros(uint32_t x) {
  int32_t count = 0;
  while (count < 32 && !(x & (UINT32_C(0x80000000) >> count))) {
    count++;
  }
  return count;
}
