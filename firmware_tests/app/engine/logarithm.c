/* The value is a power of two, less a quarter or three quarters of it, times a mantissa near
 * 2^-0.25, whose logarithm is a quotient of polynomials. */
#include "engine/logarithm.h"

#include "engine/exponential.h"
#include "engine/fixed_point.h"

/* log(2), 2^-0.25, 2^-0.5 and the quotient's coefficients, in Q0.31. */
enum { LOG_2 = 1488522236, FOURTH_ROOT = 1805811301, ROOT = 1518500250 };
enum { ALPHA_N = 117049297, ALPHA_D = 127690142, ALPHA_I = 1057819769, ALPHA_F = 638450708 };

/* Integer bits of the value, and inside of the logarithm. */
enum { INPUT_BITS = 12, INNER_BITS = 6 };

enum { QUARTER = 1 << (31 - INNER_BITS - 2) };

/* x * 2^bits, of x >= 0, at most INT32_MAX. */
static int32_t shifted(int32_t x, int32_t bits) {
  int64_t wide = (int64_t)x << bits;
  return wide > INT32_MAX ? INT32_MAX : (int32_t)wide;
}

/* The logarithm of a mantissa in Q0.31, with INNER_BITS integer bits. */
static int32_t of_mantissa(int32_t r) {
  int32_t p = (int32_t)(((int64_t)r + FOURTH_ROOT + 1) / 2);
  int32_t q = 2 * (r - FOURTH_ROOT);
  int32_t square = mendlite_doubling_high_mul(q, q);
  int32_t above = mendlite_doubling_high_mul(q, r) +
                  mendlite_doubling_high_mul(mendlite_doubling_high_mul(q, square), ALPHA_N);
  int32_t bracket = ALPHA_I + q + mendlite_doubling_high_mul(square, ALPHA_D);
  int32_t below = mendlite_doubling_high_mul(p, bracket) + mendlite_doubling_high_mul(q, ALPHA_F);
  return mendlite_doubling_high_mul(mendlite_rounding_divide_by_pot(above, INNER_BITS),
                                    mendlite_one_over_one_plus(below));
}

int32_t mendlite_log_of_sum(int32_t x) {
  const int32_t one = 1 << (31 - INNER_BITS);
  int32_t zeros = mendlite_leading_zeros((uint32_t)x);
  int32_t first = shifted(mendlite_doubling_high_mul(shifted(x, zeros - 1), ROOT), 1);
  int32_t power = (INPUT_BITS - zeros) * one + QUARTER;
  int32_t headroom = mendlite_leading_zeros((uint32_t)mendlite_doubling_high_mul(x, ROOT)) - 1;
  int32_t second = shifted(x, headroom);
  int32_t other = (INPUT_BITS - headroom) * one - QUARTER;
  int32_t found = mendlite_doubling_high_mul(power > other ? power : other, LOG_2) +
                  of_mantissa(first < second ? first : second);
  return 2 * found;
}
