/* Numbers and words of the text protocol. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "fake_port.h"
#include "text.h"

static void expect_said(const char *wanted) {
  assert_int_equal(fake_port.used, strlen(wanted));
  assert_memory_equal(fake_port.written, wanted, strlen(wanted));
  fake_port.used = 0;
}

static void says_numbers(void **state) {
  (void)state;
  fake_port_start();
  mendlite_say_unsigned(0);
  expect_said("0");
  mendlite_say_unsigned(UINT32_MAX);
  expect_said("4294967295");
  mendlite_say_hex(0);
  expect_said("00");
  mendlite_say_hex(0xa9);
  expect_said("a9");
}

/* Half to even, as printf does; 0.0625 and 0.1875 are exact. */
static void says_thousandths(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } table[] = {
      {0, "0.000"},
      {1, "1.000"},
      {-1.5, "-1.500"},
      {0.0625, "0.062"},
      {0.1875, "0.188"},
      {0.0006, "0.001"},
      {0.9996, "1.000"},
      {1234.567, "1234.567"},
      {4000000, "4000000.000"},
      {1e30, "4000000.000"},
      {-1e30, "-4000000.000"},
      {(double)INFINITY, "4000000.000"},
      {(double)NAN, "4000000.000"},
  };
  fake_port_start();
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    mendlite_say_thousandths(table[i].value);
    expect_said(table[i].text);
  }
}

static void cuts_words(void **state) {
  (void)state;
  static const char text[] = " \r\ndb  load\n7 ";
  const char *at = text;
  const char *end = text + sizeof text - 1;
  assert_true(mendlite_word_is(mendlite_next_word(&at, end), "db"));
  struct mendlite_word word = mendlite_next_word(&at, end);
  assert_false(mendlite_word_is(word, "loads"));
  assert_false(mendlite_word_is(word, "loaf"));
  assert_true(mendlite_word_is(word, "load"));
  assert_true(mendlite_word_is(mendlite_next_word(&at, end), "7"));
  assert_int_equal(mendlite_next_word(&at, end).size, 0);
  assert_int_equal(mendlite_next_word(&at, end).size, 0);
}

static struct mendlite_word word_of(const char *text) {
  return (struct mendlite_word){.text = text, .size = strlen(text)};
}

static void reads_numbers(void **state) {
  (void)state;
  uint32_t number;
  assert_true(mendlite_word_number(word_of("0"), &number));
  assert_int_equal(number, 0);
  assert_true(mendlite_word_number(word_of("007"), &number));
  assert_int_equal(number, 7);
  assert_true(mendlite_word_number(word_of("2147483647"), &number));
  assert_int_equal(number, INT32_MAX);
  assert_false(mendlite_word_number(word_of("2147483648"), &number));
  assert_false(mendlite_word_number(word_of("4294967296"), &number));
  assert_false(mendlite_word_number(word_of("99999999999999999999"), &number));
  assert_false(mendlite_word_number(word_of(""), &number));
  assert_false(mendlite_word_number(word_of("-1"), &number));
  assert_false(mendlite_word_number(word_of("1x"), &number));
}

static void reads_bytes(void **state) {
  (void)state;
  uint8_t byte;
  assert_true(mendlite_word_byte(word_of("00fFA9"), 0, &byte));
  assert_int_equal(byte, 0);
  assert_true(mendlite_word_byte(word_of("00fFA9"), 1, &byte));
  assert_int_equal(byte, 0xff);
  assert_true(mendlite_word_byte(word_of("00fFA9"), 2, &byte));
  assert_int_equal(byte, 0xa9);
  assert_false(mendlite_word_byte(word_of("00fFA9"), 3, &byte));
  assert_false(mendlite_word_byte(word_of("0"), 0, &byte));
  assert_false(mendlite_word_byte(word_of("0g"), 0, &byte));
  assert_false(mendlite_word_byte(word_of("/0"), 0, &byte));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(says_numbers), cmocka_unit_test(says_thousandths),
      cmocka_unit_test(cuts_words),   cmocka_unit_test(reads_numbers),
      cmocka_unit_test(reads_bytes),
  };
  return RUN(tests);
}
