#include "engine/exponential.h"

#include "engine/fixed_point.h"

static int32_t saturated(int64_t x) {
  return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

/* SaturatingRoundingMultiplyByPOT with a positive exponent. */
static int32_t times_pot(int32_t x, int32_t bits) {
  return saturated((int64_t)x * (INT64_C(1) << bits));
}

/* exp of Q0.31 in [-1/4, 0): a Taylor polynomial around -1/8. */
static int32_t exp_small(int32_t a) {
  const int32_t centre = 1895147668;
  const int32_t third = 715827883;
  int32_t x = a + (1 << 28);
  int32_t x2 = mendlite_doubling_high_mul(x, x);
  int32_t x3 = mendlite_doubling_high_mul(x2, x);
  int32_t x4 = mendlite_doubling_high_mul(x2, x2);
  int32_t high = mendlite_doubling_high_mul(mendlite_rounding_divide_by_pot(x4, 2) + x3, third);
  return centre +
         mendlite_doubling_high_mul(centre, x + mendlite_rounding_divide_by_pot(high + x2, 1));
}

int32_t mendlite_exp_on_negative_values(int32_t a, int32_t integer_bits) {
  /* exp(-2^e) in Q0.31 for e = -2 ... 4: the barrel shifter. */
  static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                    39332535,   720401,     242};
  if (a == 0) {
    return INT32_MAX;
  }
  const int32_t fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  int32_t within = (a & (quarter - 1)) - quarter;
  int32_t result = exp_small(times_pot(within, integer_bits));
  int32_t remainder = within - a;
  for (int32_t power = 0; power < integer_bits + 2; power++) {
    if ((remainder >> (fraction_bits - 2 + power)) & 1) {
      result = mendlite_doubling_high_mul(result, factors[power]);
    }
  }
  return result;
}

/* 1 / ((1 + x) / 2) in Q2.29: three steps of Newton's method. */
static int32_t reciprocal(int32_t x) {
  int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t found = 1515870810 + mendlite_doubling_high_mul(half, -1010580540);
  for (int i = 0; i < 3; i++) {
    int32_t left = (1 << 29) - mendlite_doubling_high_mul(half, found);
    found += times_pot(mendlite_doubling_high_mul(found, left), 2);
  }
  return found;
}

int32_t mendlite_one_over_one_plus(int32_t x) { return times_pot(reciprocal(x), 1); }

int32_t mendlite_one_minus_over_one_plus(int32_t x) {
  return times_pot(reciprocal(x) - (1 << 29), 2);
}
