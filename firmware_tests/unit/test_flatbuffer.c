/* Reading a flatbuffer that was laid out by hand, and every way to lead out of it. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/flatbuffer.h"
#include "status.h"

/* A root table with an int32 (42), a vector of two int32 (7, -1) and a vector of itself. */
static const uint8_t file_bytes[] = {
    /* 0: the root lies at 14 */
    14, 0, 0, 0,
    /* 4: vtable of 10 bytes, table of 16; fields at 4, 8 and 12 */
    10, 0, 16, 0, 4, 0, 8, 0, 12, 0,
    /* 14: the table, whose vtable is 10 before it */
    10, 0, 0, 0, 42, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0,
    /* 30: the vector */
    2, 0, 0, 0, 7, 0, 0, 0, 255, 255, 255, 255,
    /* 42: one table, 32 bytes on at 78 */
    1, 0, 0, 0, 32, 0, 0, 0,
    /* 50 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 78: a table with the same vtable, then its fields */
    74, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};

enum { ROOT_AT = 14, VTABLE_AT = 4, VECTOR_AT = 30, TABLES_AT = 42 };

struct copy {
  uint8_t *data;
  struct mendlite_flatbuffer file;
  struct mendlite_table root;
};

/* An allocation of just that size: a sanitizer sees what is read beyond it. */
static int open_copy(struct copy *copy, size_t size) {
  copy->data = malloc(size);
  assert_non_null(copy->data);
  memcpy(copy->data, file_bytes, size);
  copy->file = (struct mendlite_flatbuffer){.data = copy->data, .size = (uint32_t)size};
  return mendlite_fb_root(&copy->file, &copy->root);
}

static void reads_fields(void **state) {
  (void)state;
  struct copy copy;
  int32_t value;
  uint8_t byte;
  assert_int_equal(open_copy(&copy, sizeof file_bytes), 1);
  assert_int_equal(copy.root.at, ROOT_AT);
  assert_int_equal(mendlite_fb_i32(&copy.file, &copy.root, 0, 9, &value), 1);
  assert_int_equal(value, 42);
  assert_int_equal(mendlite_fb_u8(&copy.file, &copy.root, 0, 9, &byte), 1);
  assert_int_equal(byte, 42);
  /* Field 3 is beyond the vtable. */
  assert_int_equal(mendlite_fb_i32(&copy.file, &copy.root, 3, -9, &value), 0);
  assert_int_equal(value, -9);
  assert_int_equal(mendlite_fb_u8(&copy.file, &copy.root, 3, 9, &byte), 0);
  assert_int_equal(byte, 9);
  free(copy.data);
}

static void reads_vectors(void **state) {
  (void)state;
  struct copy copy;
  struct mendlite_vector vector;
  int32_t value;
  open_copy(&copy, sizeof file_bytes);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 1, 4, &vector), 1);
  assert_int_equal(vector.length, 2);
  assert_int_equal(mendlite_fb_i32_in(&copy.file, &vector, 0, &value), 1);
  assert_int_equal(value, 7);
  assert_int_equal(mendlite_fb_i32_in(&copy.file, &vector, 1, &value), 1);
  assert_int_equal(value, -1);
  assert_int_equal(mendlite_fb_i32_in(&copy.file, &vector, 2, &value), MENDLITE_STATUS_MALFORMED);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 3, 4, &vector), 0);
  assert_int_equal(vector.length, 0);
  free(copy.data);
}

static void reads_tables_in_vectors(void **state) {
  (void)state;
  struct copy copy;
  struct mendlite_vector vector;
  struct mendlite_table child;
  int32_t value;
  open_copy(&copy, sizeof file_bytes);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 2, 4, &vector), 1);
  assert_int_equal(mendlite_fb_table_in(&copy.file, &vector, 0, &child), 1);
  assert_int_equal(mendlite_fb_i32(&copy.file, &child, 1, 0, &value), 1);
  assert_int_equal(value, 2);
  assert_int_equal(mendlite_fb_table_in(&copy.file, &vector, 1, &child), MENDLITE_STATUS_MALFORMED);
  assert_int_equal(mendlite_fb_table(&copy.file, &copy.root, 3, &child), 0);
  free(copy.data);
}

/* Reads whatever there is to read. */
static void read_everything(const struct copy *copy) {
  struct mendlite_vector vector;
  struct mendlite_table child;
  int32_t value;
  for (uint32_t field = 0; field < 5; field++) {
    mendlite_fb_i32(&copy->file, &copy->root, field, 0, &value);
    mendlite_fb_table(&copy->file, &copy->root, field, &child);
    if (mendlite_fb_vector(&copy->file, &copy->root, field, 4, &vector) > 0) {
      for (uint32_t i = 0; i <= vector.length; i++) {
        mendlite_fb_i32_in(&copy->file, &vector, i, &value);
        mendlite_fb_table_in(&copy->file, &vector, i, &child);
      }
    }
  }
}

static void survives_every_truncation(void **state) {
  (void)state;
  for (size_t size = 1; size < sizeof file_bytes; size++) {
    struct copy copy;
    int found = open_copy(&copy, size);
    if (size < ROOT_AT + 4) {
      assert_int_equal(found, MENDLITE_STATUS_MALFORMED);
    }
    if (found > 0) {
      read_everything(&copy);
    }
    free(copy.data);
  }
}

static void survives_every_byte(void **state) {
  (void)state;
  struct copy copy;
  open_copy(&copy, sizeof file_bytes);
  for (size_t at = 0; at < sizeof file_bytes; at++) {
    for (int value = 0; value < 256; value++) {
      copy.data[at] = (uint8_t)value;
      if (mendlite_fb_root(&copy.file, &copy.root) > 0) {
        read_everything(&copy);
      }
    }
    copy.data[at] = file_bytes[at];
  }
  free(copy.data);
}

static void write32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    at[i] = (uint8_t)(value >> (8 * i));
  }
}

static void refuses_a_root_that_leads_out(void **state) {
  (void)state;
  static const uint32_t roots[] = {sizeof file_bytes - 3, sizeof file_bytes, 0x7fffffff, 0x80000000,
                                   UINT32_MAX};
  struct copy copy;
  open_copy(&copy, sizeof file_bytes);
  for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
    write32(copy.data, roots[i]);
    assert_int_equal(mendlite_fb_root(&copy.file, &copy.root), MENDLITE_STATUS_MALFORMED);
  }
  free(copy.data);
}

static void refuses_vtables_that_lie_elsewhere(void **state) {
  (void)state;
  /* Before the file's start, behind its end, and as far as the offset goes. */
  static const uint32_t offsets[] = {ROOT_AT + 1, (uint32_t)-90, 0x80000000, 0x7fffffff};
  struct copy copy;
  open_copy(&copy, sizeof file_bytes);
  for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    write32(copy.data + ROOT_AT, offsets[i]);
    assert_int_equal(mendlite_fb_root(&copy.file, &copy.root), MENDLITE_STATUS_MALFORMED);
  }
  write32(copy.data + ROOT_AT, 10);
  copy.data[VTABLE_AT] = 3;
  assert_int_equal(mendlite_fb_root(&copy.file, &copy.root), MENDLITE_STATUS_MALFORMED);
  copy.data[VTABLE_AT] = 200;
  assert_int_equal(mendlite_fb_root(&copy.file, &copy.root), MENDLITE_STATUS_MALFORMED);
  free(copy.data);
}

static void refuses_fields_and_vectors_that_lead_out(void **state) {
  (void)state;
  struct copy copy;
  struct mendlite_vector vector;
  struct mendlite_table child;
  int32_t value;
  open_copy(&copy, sizeof file_bytes);
  copy.data[VTABLE_AT + 5] = 1;
  assert_int_equal(mendlite_fb_i32(&copy.file, &copy.root, 0, 0, &value),
                   MENDLITE_STATUS_MALFORMED);
  write32(copy.data + VECTOR_AT, 17);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 1, 4, &vector),
                   MENDLITE_STATUS_MALFORMED);
  /* Four times as many is 4 modulo 2^32. */
  write32(copy.data + VECTOR_AT, 0x40000001);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 1, 4, &vector),
                   MENDLITE_STATUS_MALFORMED);
  write32(copy.data + ROOT_AT + 8, 1000);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 1, 4, &vector),
                   MENDLITE_STATUS_MALFORMED);
  assert_int_equal(mendlite_fb_table(&copy.file, &copy.root, 1, &child), MENDLITE_STATUS_MALFORMED);
  write32(copy.data + TABLES_AT + 4, 47);
  assert_int_equal(mendlite_fb_vector(&copy.file, &copy.root, 2, 4, &vector), 1);
  assert_int_equal(mendlite_fb_table_in(&copy.file, &vector, 0, &child), MENDLITE_STATUS_MALFORMED);
  free(copy.data);
}

static void reads_little_endian(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0x01, 0x02, 0xc0, 0x7f};
  static const uint8_t half[] = {0, 0, 0, 0x3f};
  assert_int_equal(mendlite_fb_le16(bytes), 0x0201);
  assert_int_equal(mendlite_fb_le32(bytes), 0x7fc00201);
  assert_true(mendlite_fb_float(half) == 0.5f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_fields),
      cmocka_unit_test(reads_vectors),
      cmocka_unit_test(reads_tables_in_vectors),
      cmocka_unit_test(survives_every_truncation),
      cmocka_unit_test(survives_every_byte),
      cmocka_unit_test(refuses_a_root_that_leads_out),
      cmocka_unit_test(refuses_vtables_that_lie_elsewhere),
      cmocka_unit_test(refuses_fields_and_vectors_that_lead_out),
      cmocka_unit_test(reads_little_endian),
  };
  return RUN(tests);
}
