/* The reader and the writer of payloads, at their ends above all. */
#include <string.h>

#include "bytes.h"
#include "check.h"

static void reads_little_endian(void **state) {
  (void)state;
  static const uint8_t data[] = {0x01, 0x03, 0x02, 0xff, 0x06, 0x05, 0xf4, 0xaa};
  struct mendlite_reader reader = {.data = data, .size = sizeof data};
  const uint8_t *rest;
  assert_int_equal(mendlite_read_u8(&reader), 0x01);
  assert_int_equal(mendlite_read_u16(&reader), 0x0203);
  assert_int_equal(mendlite_read_u32(&reader), 0xf40506ff);
  assert_false(mendlite_read_all(&reader));
  assert_int_equal(mendlite_read_rest(&reader, &rest), 1);
  assert_ptr_equal(rest, data + 7);
  assert_true(mendlite_read_all(&reader));
}

static void remembers_what_was_missing(void **state) {
  (void)state;
  static const uint8_t data[] = {1, 2, 3};
  struct mendlite_reader reader = {.data = data, .size = sizeof data};
  assert_int_equal(mendlite_read_u32(&reader), 0x0201);
  assert_true(reader.failed);
  /* Nothing more is read, though a byte is left. */
  assert_null(mendlite_read_bytes(&reader, 1));
  assert_int_equal(mendlite_read_u8(&reader), 0);
  assert_false(mendlite_read_all(&reader));
}

static void reads_no_size_beyond_all_memory(void **state) {
  (void)state;
  static const uint8_t data[] = {1, 2, 3};
  struct mendlite_reader reader = {.data = data, .size = sizeof data, .at = 1};
  assert_null(mendlite_read_bytes(&reader, SIZE_MAX));
}

static void writes_little_endian(void **state) {
  (void)state;
  static const uint8_t expected[] = {9, 0x02, 0x01, 0x06, 0x05, 0x04, 0xf3, 2, 'h', 'i'};
  uint8_t data[sizeof expected];
  struct mendlite_writer writer = {.data = data, .room = sizeof data};
  mendlite_write_u8(&writer, 9);
  mendlite_write_u16(&writer, 0x0102);
  mendlite_write_u32(&writer, 0xf3040506);
  mendlite_write_text(&writer, "hi");
  assert_false(writer.failed);
  assert_int_equal(writer.used, sizeof expected);
  assert_memory_equal(data, expected, sizeof expected);
}

static void writes_nothing_beyond(void **state) {
  (void)state;
  uint8_t data[4] = {0, 0, 0, 77};
  struct mendlite_writer writer = {.data = data, .room = 3};
  mendlite_write_u16(&writer, 1);
  mendlite_write_u16(&writer, 0x0202);
  assert_true(writer.failed);
  assert_int_equal(data[3], 77);
  size_t used = writer.used;
  mendlite_write_u8(&writer, 5);
  assert_int_equal(writer.used, used);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_little_endian),
      cmocka_unit_test(remembers_what_was_missing),
      cmocka_unit_test(reads_no_size_beyond_all_memory),
      cmocka_unit_test(writes_little_endian),
      cmocka_unit_test(writes_nothing_beyond),
  };
  return RUN(tests);
}
