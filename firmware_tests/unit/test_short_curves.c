/* The curves of an LSTM's gates: ends, symmetry, and values known from tables of functions. */
#include "check.h"
#include "engine/ops/short_curves.h"
#include "engine/ops/wide_curves.h"

/* In steps of 2^-15; gemmlowp is within 12 of them. */
static void near_to(int32_t found, double real) {
  double steps = real * 32768;
  assert_true(found - steps < 12 && steps - found < 12);
}

static void test_values_of_tables(void **state) {
  (void)state;
  near_to(mendlite_short_logistic(4096), 0.731059);
  near_to(mendlite_short_logistic(-4096), 0.268941);
  near_to(mendlite_short_tanh(4096, 3), 0.761594);
  near_to(mendlite_short_tanh(-2048, 4), -0.761594);
  near_to(mendlite_tanh_of_24ths(3 * 4096), 0.761594);
  near_to(mendlite_logistic_of_24ths(3 * 4096), 0.731059);
  assert_int_equal(mendlite_short_logistic(0), 16384);
  assert_int_equal(mendlite_short_tanh(0, 3), 0);
}

static void test_ends(void **state) {
  (void)state;
  near_to(mendlite_short_logistic(INT16_MAX), 0.999665);
  near_to(mendlite_short_logistic(INT16_MIN), 0.000335);
  for (int32_t bits = 0; bits <= 6; bits++) {
    int32_t end = mendlite_short_tanh(INT16_MAX, bits);
    assert_int_equal(mendlite_short_tanh(-INT16_MAX, bits), -end);
    assert_true(end > (bits == 0 ? 24900 : 31000) && end <= INT16_MAX);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_of_tables),
      cmocka_unit_test(test_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
