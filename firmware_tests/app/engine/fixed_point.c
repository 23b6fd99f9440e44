#include "engine/fixed_point.h"

#include <string.h>

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
  /* The one case that saturates. */
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  /* gemmlowp's truncating division with a sign-dependent nudge equals this floor. */
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

int32_t mendlite_rounding_divide_by_pot(int32_t x, int32_t exponent) {
  int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
  int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

static int32_t shifted_left(int32_t x, int32_t bits) {
  /* Sound models do not leave int32 here; a hostile one gets some value, and no trap. */
  return bits > 31 ? 0 : (int32_t)((uint32_t)x << bits);
}

int32_t mendlite_multiply(int32_t x, struct mendlite_multiplier by,
                          enum mendlite_rounding rounding) {
  if (rounding == MENDLITE_ROUND_SINGLE) {
    int32_t total = 31 - by.shift;
    return (int32_t)(((int64_t)x * by.factor + (INT64_C(1) << (total - 1))) >> total);
  }
  if (by.shift > 0) {
    return mendlite_doubling_high_mul(shifted_left(x, by.shift), by.factor);
  }
  return mendlite_rounding_divide_by_pot(mendlite_doubling_high_mul(x, by.factor), -by.shift);
}

int32_t mendlite_requantize(int32_t x, struct mendlite_multiplier by,
                            enum mendlite_rounding rounding, int32_t zero_point) {
  return (int32_t)((uint32_t)mendlite_multiply(x, by, rounding) + (uint32_t)zero_point);
}

int32_t mendlite_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
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
