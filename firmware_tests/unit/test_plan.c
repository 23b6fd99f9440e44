/* The arena's plan: by hand, by chance, and with sizes that no arena holds. */
#include "check.h"
#include "engine/plan.h"

static void shares_bytes_where_it_may(void **state) {
  (void)state;
  /* A chain: the first and the last are never alive together. */
  struct mendlite_placement chain[] = {
      {.size = 100, .first = -1, .last = 0},
      {.size = 50, .first = 0, .last = 1},
      {.size = 100, .first = 1, .last = 2},
      {.size = 0},
  };
  assert_int_equal(mendlite_plan(chain, 4), 104 + 56);
  assert_int_equal(chain[0].offset, 0);
  assert_int_equal(chain[1].offset, 104);
  assert_int_equal(chain[2].offset, 0);
  assert_int_equal(chain[3].offset, 0);
}

static void fills_gaps(void **state) {
  (void)state;
  /* The last fits between two that live as long, where a third is already gone. */
  struct mendlite_placement gap[] = {
      {.size = 64, .first = 0, .last = 3},
      {.size = 56, .first = 0, .last = 1},
      {.size = 48, .first = 0, .last = 3},
      {.size = 40, .first = 2, .last = 3},
  };
  assert_int_equal(mendlite_plan(gap, 4), 64 + 56 + 48);
  assert_int_equal(gap[3].offset, 64);
}

static void plans_nothing(void **state) {
  (void)state;
  struct mendlite_placement none[] = {{.size = 0}, {.size = 0}};
  assert_int_equal(mendlite_plan(none, 2), 0);
  assert_int_equal(mendlite_plan(none, 0), 0);
}

static int together(const struct mendlite_placement *a, const struct mendlite_placement *b) {
  return a->first <= b->last && b->first <= a->last;
}

static int overlap(const struct mendlite_placement *a, const struct mendlite_placement *b) {
  return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static uint32_t next(uint32_t *random) {
  *random ^= *random << 13;
  *random ^= *random >> 17;
  *random ^= *random << 5;
  return *random;
}

enum { MOST = 40 };

static void check_plan(const struct mendlite_placement *all, uint32_t count, uint32_t total) {
  for (uint32_t i = 0; i < count; i++) {
    assert_int_equal(all[i].offset % MENDLITE_PLACEMENT_ALIGNMENT, 0);
    assert_true(all[i].offset + all[i].size <= total);
    for (uint32_t k = 0; k < i; k++) {
      assert_false(all[i].size > 0 && all[k].size > 0 && together(&all[i], &all[k]) &&
                   overlap(&all[i], &all[k]));
    }
  }
}

static void never_overlaps(void **state) {
  (void)state;
  uint32_t random = 1;
  for (int round = 0; round < 500; round++) {
    struct mendlite_placement all[MOST];
    uint32_t count = 1 + next(&random) % MOST;
    for (uint32_t i = 0; i < count; i++) {
      int16_t first = (int16_t)(next(&random) % 20);
      all[i] = (struct mendlite_placement){.size = next(&random) % 300,
                                           .first = first,
                                           .last = (int16_t)(first + (int16_t)(next(&random) % 6))};
    }
    check_plan(all, count, mendlite_plan(all, count));
  }
}

/* Together they need 2^32 bytes, which must not come out as 0. */
static void says_that_nothing_holds_them(void **state) {
  (void)state;
  struct mendlite_placement two[] = {
      {.size = UINT32_C(1) << 31, .first = 0, .last = 1},
      {.size = UINT32_C(1) << 31, .first = 0, .last = 1},
  };
  assert_int_equal(mendlite_plan(two, 2), UINT32_MAX);
  struct mendlite_placement three[] = {
      {.size = UINT32_C(1) << 31, .first = 0, .last = 1},
      {.size = (UINT32_C(1) << 31) - 8, .first = 0, .last = 1},
      {.size = 9, .first = 0, .last = 1},
      {.size = 9, .first = 0, .last = 1},
  };
  assert_int_equal(mendlite_plan(three, 4), UINT32_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shares_bytes_where_it_may),
      cmocka_unit_test(fills_gaps),
      cmocka_unit_test(plans_nothing),
      cmocka_unit_test(never_overlaps),
      cmocka_unit_test(says_that_nothing_holds_them),
  };
  return RUN(tests);
}
