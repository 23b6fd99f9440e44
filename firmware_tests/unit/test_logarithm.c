/* The logarithm of a sum of exponentials: powers of two, and values known from tables. */
#include "check.h"
#include "engine/logarithm.h"

/* Of a Q12.19 in Q5.26. */
static void near_to(int32_t x, double real) {
  double steps = real * (1 << 26);
  double found = mendlite_log_of_sum(x);
  assert_true(found - steps < 70 && steps - found < 70);
}

static void test_values_of_tables(void **state) {
  (void)state;
  const int32_t one = 1 << 19;
  near_to(one, 0.0);
  near_to(2 * one, 0.69314718);
  near_to(3 * one, 1.09861229);
  near_to(10 * one, 2.30258509);
  near_to(1000 * one, 6.90775528);
  near_to(4095 * one, 8.31752200);
}

static void test_it_rises(void **state) {
  (void)state;
  int32_t before = mendlite_log_of_sum(1 << 19);
  for (int32_t x = (1 << 19) + 4096; x < 1 << 24; x += 4096) {
    int32_t found = mendlite_log_of_sum(x);
    assert_true(found > before);
    before = found;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_of_tables),
      cmocka_unit_test(test_it_rises),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
