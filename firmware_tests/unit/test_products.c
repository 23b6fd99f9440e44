/* Sums of products of packed and of plain weights, wherever a row begins. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/ops/products.h"

enum { VALUES = 41 };

/* Every value of four bits, in an order without a pattern. */
static int32_t value_of(uint32_t n) { return (int32_t)((n * 11 + n / 16) % 16) - 8; }

/* The same values as int8 and as int4, in allocations of just their size, and inputs. */
struct both {
  uint8_t *plain;
  uint8_t *packed;
  int16_t x[VALUES];
};

static struct both make_both(uint32_t count) {
  struct both both = {.plain = malloc(count), .packed = calloc((count + 1) / 2, 1)};
  for (uint32_t n = 0; n < count; n++) {
    both.plain[n] = (uint8_t)value_of(n);
    both.packed[n / 2] |= (uint8_t)((value_of(n) & 15) << (n % 2 == 0 ? 0 : 4));
    both.x[n] = (int16_t)((int32_t)(n * 37 % 511) - 255);
  }
  return both;
}

static void free_both(const struct both *both) {
  free(both->plain);
  free(both->packed);
}

static void reads_each_half_with_its_sign(void **state) {
  (void)state;
  struct both both = make_both(VALUES);
  for (uint32_t n = 0; n < VALUES; n++) {
    assert_int_equal(
        mendlite_weight(&(struct mendlite_weights){both.packed, MENDLITE_WEIGHTS_INT4, 0}, n),
        value_of(n));
    assert_int_equal(
        mendlite_weight(&(struct mendlite_weights){both.plain, MENDLITE_WEIGHTS_INT8, 0}, n),
        value_of(n));
  }
  free_both(&both);
  static const uint8_t ends[] = {0x87, 0xff, 0x80};
  static const int32_t values[] = {7, -8, -1, -1, 0, -8};
  for (uint32_t n = 0; n < 6; n++) {
    assert_int_equal(mendlite_weight(&(struct mendlite_weights){ends, MENDLITE_WEIGHTS_INT4, 0}, n),
                     values[n]);
  }
}

static void sums_rows_that_begin_anywhere(void **state) {
  (void)state;
  /* A row that ends where the values do: a sanitizer sees whether a byte more is read. */
  for (uint32_t first = 0; first < VALUES; first++) {
    for (uint32_t size = 0; first + size <= VALUES; size++) {
      struct both both = make_both(first + size > 0 ? first + size : 1);
      uint32_t wanted = 0;
      for (uint32_t k = 0; k < size; k++) {
        wanted += (uint32_t)(both.x[k] * value_of(first + k));
      }
      const struct mendlite_weights packed = {both.packed, MENDLITE_WEIGHTS_INT4, 0};
      const struct mendlite_weights plain = {both.plain, MENDLITE_WEIGHTS_INT8, 0};
      assert_int_equal(mendlite_products(&packed, first, both.x, size), wanted);
      assert_int_equal(mendlite_products(&plain, first, both.x, size), wanted);
      free_both(&both);
    }
  }
}

static void sums_four_rows_as_it_does_one(void **state) {
  (void)state;
  for (uint32_t first = 0; first < 8; first++) {
    for (uint32_t size = 1; first + 4 * size <= VALUES; size++) {
      struct both both = make_both(first + 4 * size);
      const struct mendlite_weights packed = {both.packed, MENDLITE_WEIGHTS_INT4, 0};
      const struct mendlite_weights plain = {both.plain, MENDLITE_WEIGHTS_INT8, 0};
      uint32_t of_packed[4];
      uint32_t of_plain[4];
      mendlite_products_of_4(&packed, first, both.x, size, of_packed);
      mendlite_products_of_4(&plain, first, both.x, size, of_plain);
      for (uint32_t i = 0; i < 4; i++) {
        uint32_t one = mendlite_products(&plain, first + i * size, both.x, size);
        assert_int_equal(of_packed[i], one);
        assert_int_equal(of_plain[i], one);
      }
      free_both(&both);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_each_half_with_its_sign),
      cmocka_unit_test(sums_rows_that_begin_anywhere),
      cmocka_unit_test(sums_four_rows_as_it_does_one),
  };
  return RUN(tests);
}
