/* COBS against the examples of Cheshire and Baker's paper and at its 254-byte blocks. */
#include <string.h>

#include "check.h"
#include "cobs.h"
#include "status.h"

enum { MOST = 600 };

struct example {
  const char *data;
  size_t size;
  const char *encoded;
  size_t encoded_size;
};

/* A string literal's bytes and their number, zeros among them. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct example examples[] = {
    {TEXT(""), TEXT("\x01")},
    {TEXT("\x00"), TEXT("\x01\x01")},
    {TEXT("\x00\x00"), TEXT("\x01\x01\x01")},
    {TEXT("\x00\x11\x00"), TEXT("\x01\x02\x11\x01")},
    {TEXT("\x11\x22\x00\x33"), TEXT("\x03\x11\x22\x02\x33")},
    {TEXT("\x11\x22\x33\x44"), TEXT("\x05\x11\x22\x33\x44")},
    {TEXT("\x11\x00\x00\x00"), TEXT("\x02\x11\x01\x01\x01")},
};

static void check_pair(const uint8_t *data, size_t size, const uint8_t *encoded,
                       size_t encoded_size) {
  uint8_t buffer[MENDLITE_COBS_ENCODED(MOST)];
  assert_int_equal(mendlite_cobs_encode(data, size, buffer), encoded_size);
  assert_true(encoded_size <= MENDLITE_COBS_ENCODED(size));
  assert_memory_equal(buffer, encoded, encoded_size);
  assert_int_equal(mendlite_cobs_decode(buffer, encoded_size), size);
  assert_memory_equal(buffer, data, size);
}

static void encodes_the_examples(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    const struct example *one = &examples[i];
    check_pair((const uint8_t *)one->data, one->size, (const uint8_t *)one->encoded,
               one->encoded_size);
  }
}

/* 253 bytes need a code of 254, 254 bytes one of 255 and nothing more, 255 bytes a second block. */
static void encodes_long_runs(void **state) {
  (void)state;
  uint8_t data[255];
  uint8_t encoded[257];
  memset(data, 7, sizeof data);
  memset(encoded, 7, sizeof encoded);
  encoded[0] = 254;
  check_pair(data, 253, encoded, 254);
  encoded[0] = 255;
  check_pair(data, 254, encoded, 255);
  encoded[255] = 2;
  check_pair(data, 255, encoded, 257);
}

/* A zero just behind a full block is a block of its own. */
static void encodes_a_zero_behind_a_full_block(void **state) {
  (void)state;
  uint8_t data[255];
  uint8_t encoded[257];
  memset(data, 7, 254);
  data[254] = 0;
  memset(encoded, 7, 255);
  encoded[0] = 255;
  encoded[255] = 1;
  encoded[256] = 1;
  check_pair(data, 255, encoded, 257);
}

static void keeps_all_lengths(void **state) {
  (void)state;
  uint8_t data[MOST];
  uint8_t buffer[MENDLITE_COBS_ENCODED(MOST)];
  for (size_t size = 0; size <= MOST; size++) {
    for (size_t i = 0; i < size; i++) {
      /* A zero now and then, at most 255 bytes from the next. */
      data[i] = (uint8_t)(i % 255 == size % 7 ? 0 : i | 1);
    }
    size_t used = mendlite_cobs_encode(data, size, buffer);
    assert_true(used <= MENDLITE_COBS_ENCODED(size));
    assert_null(memchr(buffer, 0, used));
    assert_int_equal(mendlite_cobs_decode(buffer, used), size);
    assert_memory_equal(buffer, data, size);
  }
}

static void refuses_what_is_no_encoding(void **state) {
  (void)state;
  uint8_t zero[] = {0};
  uint8_t beyond[] = {3, 1};
  uint8_t zero_later[] = {2, 1, 0, 5};
  assert_int_equal(mendlite_cobs_decode(zero, sizeof zero), MENDLITE_STATUS_DAMAGED);
  assert_int_equal(mendlite_cobs_decode(beyond, sizeof beyond), MENDLITE_STATUS_DAMAGED);
  assert_int_equal(mendlite_cobs_decode(zero_later, sizeof zero_later), MENDLITE_STATUS_DAMAGED);
}

static void decodes_nothing_from_nothing(void **state) {
  (void)state;
  uint8_t nothing[1] = {9};
  assert_int_equal(mendlite_cobs_decode(nothing, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(encodes_the_examples),
      cmocka_unit_test(encodes_long_runs),
      cmocka_unit_test(encodes_a_zero_behind_a_full_block),
      cmocka_unit_test(keeps_all_lengths),
      cmocka_unit_test(refuses_what_is_no_encoding),
      cmocka_unit_test(decodes_nothing_from_nothing),
  };
  return RUN(tests);
}
