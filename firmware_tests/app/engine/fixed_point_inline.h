/* The functions of fixed_point.h, to be compiled into the loops that call them most. */
#ifndef MENDLITE_FIXED_POINT_INLINE_H
#define MENDLITE_FIXED_POINT_INLINE_H

#include "engine/multiplier.h"

static inline int32_t mendlite_doubling_high_mul_inline(int32_t a, int32_t b) {
  /* The one case that saturates. */
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  /* gemmlowp's truncating division with a sign-dependent nudge equals this floor. */
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

static inline int32_t mendlite_rounding_divide_by_pot_inline(int32_t x, int32_t exponent) {
  int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
  int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

static inline int32_t mendlite_shifted_left_inline(int32_t x, int32_t bits) {
  /* Sound models do not leave int32 here; a hostile one gets some value, and no trap. */
  return bits > 31 ? 0 : (int32_t)((uint32_t)x << bits);
}

static inline int32_t mendlite_multiply_inline(int32_t x, struct mendlite_multiplier by,
                                               enum mendlite_rounding rounding) {
  if (rounding == MENDLITE_ROUND_SINGLE) {
    int32_t total = 31 - by.shift;
    return (int32_t)(((int64_t)x * by.factor + (INT64_C(1) << (total - 1))) >> total);
  }
  int32_t shifted = by.shift > 0 ? mendlite_shifted_left_inline(x, by.shift) : x;
  /* mendlite_doubling_high_mul of a factor that is not below 0: nothing saturates. */
  int32_t high = (int32_t)(((int64_t)shifted * by.factor + (INT64_C(1) << 30)) >> 31);
  return by.shift >= 0 ? high : mendlite_rounding_divide_by_pot_inline(high, -by.shift);
}

static inline int32_t mendlite_requantize_inline(int32_t x, struct mendlite_multiplier by,
                                                 enum mendlite_rounding rounding,
                                                 int32_t zero_point) {
  return (int32_t)((uint32_t)mendlite_multiply_inline(x, by, rounding) + (uint32_t)zero_point);
}

static inline int32_t mendlite_clamp_inline(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

#endif
