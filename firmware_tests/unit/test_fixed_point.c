/* Fixed-point multiplication against tables worked out by hand, ties and negatives among them. */
#include <math.h>

#include "check.h"
#include "engine/fixed_point.h"

struct pair {
  int32_t a;
  int32_t b;
  int32_t expected;
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Half away from zero. */
static void divides_by_powers_of_two(void **state) {
  (void)state;
  static const struct pair table[] = {
      {5, 1, 3},
      {-5, 1, -3},
      {3, 1, 2},
      {-3, 1, -2},
      {4, 3, 1},
      {-4, 3, -1},
      {3, 3, 0},
      {-3, 3, 0},
      {12, 3, 2},
      {-12, 3, -2},
      {-11, 3, -1},
      {-13, 3, -2},
      {7, 0, 7},
      {-7, 0, -7},
      {INT32_MAX, 31, 1},
      {INT32_MIN, 31, -1},
      {1 << 30, 31, 1},
      {(1 << 30) - 1, 31, 0},
      {-(1 << 30), 31, -1},
      {-(1 << 30) + 1, 31, 0},
      {INT32_MIN, 0, INT32_MIN},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    assert_int_equal(mendlite_rounding_divide_by_pot(table[i].a, table[i].b), table[i].expected);
  }
}

/* Ties up: -1.5 becomes -1. */
static void multiplies_high(void **state) {
  (void)state;
  static const struct pair table[] = {
      {3, 1 << 30, 2},
      {-3, 1 << 30, -1},
      {1, 1 << 30, 1},
      {-1, 1 << 30, 0},
      {5, 1 << 30, 3},
      {-5, 1 << 30, -2},
      {1 << 30, 1 << 30, 1 << 29},
      {INT32_MIN, INT32_MIN, INT32_MAX},
      {INT32_MIN, INT32_MAX, -INT32_MAX},
      {INT32_MAX, INT32_MAX, INT32_MAX - 1},
      {INT32_MIN, 1, -1},
      {INT32_MAX, 1, 1},
      {0, INT32_MIN, 0},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    assert_int_equal(mendlite_doubling_high_mul(table[i].a, table[i].b), table[i].expected);
    assert_int_equal(mendlite_doubling_high_mul(table[i].b, table[i].a), table[i].expected);
  }
}

static void expect_multiplier(double real, enum mendlite_rounding rounding, int32_t factor,
                              int32_t shift) {
  struct mendlite_multiplier by = mendlite_quantize_multiplier(real, rounding);
  assert_int_equal(by.factor, factor);
  assert_int_equal(by.shift, shift);
}

static void quantizes_multipliers(void **state) {
  (void)state;
  for (int rounding = MENDLITE_ROUND_DOUBLE; rounding <= MENDLITE_ROUND_SINGLE; rounding++) {
    enum mendlite_rounding how = (enum mendlite_rounding)rounding;
    expect_multiplier(0.5, how, 1 << 30, 0);
    expect_multiplier(1.0, how, 1 << 30, 1);
    expect_multiplier(0.25, how, 1 << 30, -1);
    /* 3/4 * 2^2 */
    expect_multiplier(3.0, how, 3 << 29, 2);
    expect_multiplier(0.0, how, 0, 0);
    /* Rounds up to 2^31, which is 2^30 and one more. */
    expect_multiplier(1.0 - ldexp(1, -33), how, 1 << 30, 1);
    /* 2^30 + 1/2 of the last bit rounds up. */
    expect_multiplier(0.5 + ldexp(1, -32), how, (1 << 30) + 1, 0);
    expect_multiplier(0.5 + ldexp(1, -33), how, 1 << 30, 0);
    expect_multiplier(ldexp(1, -32), how, 1 << 30, -31);
    expect_multiplier(ldexp(1, -33), how, 0, 0);
    /* Subnormal. */
    expect_multiplier(ldexp(1, -1070), how, 0, 0);
    expect_multiplier(ldexp(1, 29), how, 1 << 30, 30);
  }
  expect_multiplier(ldexp(1, 30), MENDLITE_ROUND_DOUBLE, 1 << 30, 31);
  expect_multiplier(ldexp(1, 30), MENDLITE_ROUND_SINGLE, INT32_MAX, 30);
  expect_multiplier((double)INFINITY, MENDLITE_ROUND_SINGLE, INT32_MAX, 30);
}

struct product {
  double real;
  int32_t x;
  int32_t twice;
  int32_t once;
};

static void multiplies_with_both_roundings(void **state) {
  (void)state;
  static const struct product table[] = {
      /* 1.25: 2.5 rounds to 3, 1.5 to 2. */
      {0.25, 5, 2, 1},
      /* -1.25: -2.5 rounds up to -2. */
      {0.25, -5, -1, -1},
      {0.25, 6, 2, 2},
      /* -1.5: away from zero where rounded twice, up where once. */
      {0.25, -6, -2, -1},
      {0.25, 7, 2, 2},
      {0.25, -7, -2, -2},
      {0.5, 1, 1, 1},
      {0.5, -1, 0, 0},
      {3.0, 7, 21, 21},
      {3.0, -7, -21, -21},
      {1.0, INT32_MIN / 2, INT32_MIN / 2, INT32_MIN / 2},
      {0.0, 12345, 0, 0},
      /* 2^-32 of 2^31 - 1: 2^30 - 1/2 rounds to 2^30, and its 2^-31 to 1; at once 0.4999... */
      {1.0 / 4294967296.0, INT32_MAX, 1, 0},
      {1.0 / 4294967296.0, INT32_MIN, -1, 0},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    const struct product *one = &table[i];
    assert_int_equal(
        mendlite_multiply(one->x, mendlite_quantize_multiplier(one->real, MENDLITE_ROUND_DOUBLE),
                          MENDLITE_ROUND_DOUBLE),
        one->twice);
    assert_int_equal(
        mendlite_multiply(one->x, mendlite_quantize_multiplier(one->real, MENDLITE_ROUND_SINGLE),
                          MENDLITE_ROUND_SINGLE),
        one->once);
  }
}

/* What no sound model does: any value, and no trap. */
static void takes_any_multiplier(void **state) {
  (void)state;
  static const double reals[] = {1e-300, 1e-9, 1.0, 2e9, 4e9, 1e30, 1e300};
  static const int32_t values[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
  for (size_t i = 0; i < COUNT(reals); i++) {
    for (size_t k = 0; k < COUNT(values); k++) {
      mendlite_multiply(values[k], mendlite_quantize_multiplier(reals[i], MENDLITE_ROUND_DOUBLE),
                        MENDLITE_ROUND_DOUBLE);
      mendlite_multiply(values[k], mendlite_quantize_multiplier(reals[i], MENDLITE_ROUND_SINGLE),
                        MENDLITE_ROUND_SINGLE);
    }
  }
  assert_int_equal(
      mendlite_multiply(5, mendlite_quantize_multiplier((double)INFINITY, MENDLITE_ROUND_DOUBLE),
                        MENDLITE_ROUND_DOUBLE),
      0);
}

static void rounds_half_away(void **state) {
  (void)state;
  static const struct {
    float x;
    int32_t expected;
  } table[] = {
      {0.5f, 1},
      {-0.5f, -1},
      {1.5f, 2},
      {-2.5f, -3},
      {2.4999f, 2},
      {-2.4999f, -2},
      {0.49999997f, 0},
      {8388607.5f, 8388608},
      {1e30f, 1 << 30},
      {-1e30f, -(1 << 30)},
      {NAN, -(1 << 30)},
      {INFINITY, 1 << 30},
      {-INFINITY, -(1 << 30)},
      {1073741760.0f, 1073741760},
      {0.0f, 0},
      {-0.0f, 0},
  };
  for (size_t i = 0; i < COUNT(table); i++) {
    assert_int_equal(mendlite_round_half_away(table[i].x), table[i].expected);
  }
}

static void clamps(void **state) {
  (void)state;
  assert_int_equal(mendlite_clamp(-129, -128, 127), -128);
  assert_int_equal(mendlite_clamp(128, -128, 127), 127);
  assert_int_equal(mendlite_clamp(127, -128, 127), 127);
  assert_int_equal(mendlite_clamp(-5, -5, 127), -5);
}

/* What leaves int32 is cut off to its 32 bits, as TFLite's own int32 is on every board. */
static void wraps_by_hand(void **state) {
  (void)state;
  /* 2^11, as 2^30 with a shift of 12: the shift comes first and is what leaves. */
  const struct mendlite_multiplier by = {.factor = 1 << 30, .shift = 12};
  assert_int_equal(mendlite_multiply(1 << 18, by, MENDLITE_ROUND_DOUBLE), 1 << 29);
  assert_int_equal(mendlite_multiply(1 << 19, by, MENDLITE_ROUND_DOUBLE), -(1 << 30));
  assert_int_equal(mendlite_multiply(1 << 20, by, MENDLITE_ROUND_DOUBLE), 0);
  assert_int_equal(mendlite_multiply(-(1 << 19), by, MENDLITE_ROUND_DOUBLE), -(1 << 30));
  /* One rounding has 64 bits for the product, and 32 for what it comes to. */
  assert_int_equal(mendlite_multiply(1 << 19, by, MENDLITE_ROUND_SINGLE), 1 << 30);
  assert_int_equal(mendlite_multiply(1 << 20, by, MENDLITE_ROUND_SINGLE), INT32_MIN);
  assert_int_equal(mendlite_multiply((1 << 21) + 1, by, MENDLITE_ROUND_SINGLE), 1 << 11);
  /* The zero-point comes last. */
  const struct mendlite_multiplier one = {.factor = 1 << 30, .shift = 1};
  assert_int_equal(mendlite_requantize(INT32_MAX, one, MENDLITE_ROUND_SINGLE, 1), INT32_MIN);
  assert_int_equal(mendlite_requantize(INT32_MIN, one, MENDLITE_ROUND_SINGLE, -1), INT32_MAX);
  assert_int_equal(mendlite_requantize(INT32_MAX, one, MENDLITE_ROUND_DOUBLE, 0), -1);
  /* The largest shift that is accepted. */
  const struct mendlite_multiplier most = {.factor = INT32_MAX, .shift = 30};
  assert_int_equal(mendlite_multiply(1, most, MENDLITE_ROUND_DOUBLE), 1 << 30);
  assert_int_equal(mendlite_multiply(3, most, MENDLITE_ROUND_DOUBLE), 1 - (1 << 30));
  assert_int_equal(mendlite_multiply(1, most, MENDLITE_ROUND_SINGLE), 1 << 30);
  assert_int_equal(mendlite_multiply(2, most, MENDLITE_ROUND_SINGLE), INT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wraps_by_hand),
      cmocka_unit_test(divides_by_powers_of_two),
      cmocka_unit_test(multiplies_high),
      cmocka_unit_test(quantizes_multipliers),
      cmocka_unit_test(multiplies_with_both_roundings),
      cmocka_unit_test(takes_any_multiplier),
      cmocka_unit_test(rounds_half_away),
      cmocka_unit_test(clamps),
  };
  return RUN(tests);
}
