/* Which taps of a window read the input, against a look at each tap. */
#include "check.h"
#include "engine/ops/window.h"

static void compare_taps(const struct mendlite_axis *axis, int32_t position) {
  struct mendlite_axis_taps taps = mendlite_axis_inner(axis, position);
  int32_t inside = 0;
  assert_true(taps.first >= 0 && taps.end <= axis->size);
  for (int32_t tap = 0; tap < axis->size; tap++) {
    bool reads = mendlite_axis_inside(axis, mendlite_axis_at(axis, position, tap));
    assert_int_equal(reads, tap >= taps.first && tap < taps.end);
    inside += reads ? 1 : 0;
  }
  assert_int_equal(inside, taps.end > taps.first ? taps.end - taps.first : 0);
}

static void finds_the_taps_inside(void **state) {
  (void)state;
  for (int32_t n = 0; n < 7 * 5 * 4 * 5 * 9; n++) {
    struct mendlite_axis axis = {.input = n % 7 + 1,
                                 .output = 6,
                                 .size = n / 7 % 5 + 1,
                                 .stride = 2,
                                 .dilation = n / 35 % 4 + 1,
                                 .before = n / 140 % 5};
    compare_taps(&axis, n / 700);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_taps_inside),
  };
  return RUN(tests);
}
