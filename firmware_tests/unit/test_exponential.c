/* gemmlowp's exponential and reciprocals against the real functions, over their whole range. */
#include <math.h>

#include "check.h"
#include "engine/exponential.h"

static const double one = 2147483648.0;

/* The polynomial and the barrel shifter are off by less than 2^-22. */
static void check_near(int32_t found, double expected) {
  if (fabs((double)found / one - expected) > ldexp(1, -22)) {
    fail_msg("%d is not %.9f", found, expected);
  }
}

static void follows_the_exponential(void **state) {
  (void)state;
  for (int32_t bits = 4; bits <= 5; bits++) {
    double unit = ldexp(1, 31 - bits);
    for (int64_t a = INT32_MIN; a <= 0; a += 99991) {
      check_near(mendlite_exp_on_negative_values((int32_t)a, bits), exp((double)a / unit));
    }
  }
}

static void knows_the_ends(void **state) {
  (void)state;
  assert_int_equal(mendlite_exp_on_negative_values(0, 5), INT32_MAX);
  assert_int_equal(mendlite_exp_on_negative_values(INT32_MIN, 5), 0);
  /* 1 / (1 + 0) saturates; the next value below 1 is near a half. */
  assert_int_equal(mendlite_one_over_one_plus(0), INT32_MAX);
  check_near(mendlite_one_over_one_plus(INT32_MAX), 0.5);
  check_near(mendlite_one_minus_over_one_plus(INT32_MAX), 0.0);
}

static void follows_the_reciprocals(void **state) {
  (void)state;
  for (int64_t x = 0; x <= INT32_MAX; x += 99991) {
    double real = (double)x / one;
    check_near(mendlite_one_over_one_plus((int32_t)x), 1.0 / (1.0 + real));
    check_near(mendlite_one_minus_over_one_plus((int32_t)x), (1.0 - real) / (1.0 + real));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(follows_the_exponential),
      cmocka_unit_test(knows_the_ends),
      cmocka_unit_test(follows_the_reciprocals),
  };
  return RUN(tests);
}
