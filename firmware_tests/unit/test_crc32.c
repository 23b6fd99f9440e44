/* CRC-32 against published values. */
#include <string.h>

#include "check.h"
#include "crc32.h"

static uint32_t of(const char *text) {
  return mendlite_crc32(0, (const uint8_t *)text, strlen(text));
}

static void finds_the_published_values(void **state) {
  (void)state;
  static const uint8_t zeros[4] = {0};
  assert_int_equal(of(""), 0);
  assert_int_equal(of("123456789"), 0xcbf43926);
  assert_int_equal(of("a"), 0xe8b7be43);
  assert_int_equal(of("The quick brown fox jumps over the lazy dog"), 0x414fa339);
  assert_int_equal(mendlite_crc32(0, zeros, sizeof zeros), 0x2144df1c);
}

static void goes_on_where_it_stood(void **state) {
  (void)state;
  const uint8_t *text = (const uint8_t *)"123456789";
  for (size_t first = 0; first <= 9; first++) {
    assert_int_equal(mendlite_crc32(mendlite_crc32(0, text, first), text + first, 9 - first),
                     0xcbf43926);
  }
}

static void notices_every_flipped_bit(void **state) {
  (void)state;
  uint8_t text[] = "123456789";
  for (size_t bit = 0; bit < 72; bit++) {
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_not_equal(mendlite_crc32(0, text, 9), 0xcbf43926);
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_published_values),
      cmocka_unit_test(goes_on_where_it_stood),
      cmocka_unit_test(notices_every_flipped_bit),
  };
  return RUN(tests);
}
