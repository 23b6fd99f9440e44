/* Updates in place of a small flash whose power may fail; tests/emit has more, made by the host. */
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "status.h"
#include "update.h"

enum { PAGE = 8, MODEL = 10, SCRATCH = 16, WHOLE = 24, POWER_LOST = -100 };

static uint8_t memory[WHOLE];
static uint8_t page[PAGE];
static uint8_t update[64];
static size_t update_size;
/* Bytes that may still be changed. */
static uint32_t left;

static int change(uint32_t offset, const uint8_t *data) {
  for (uint32_t i = 0; i < PAGE; i++) {
    if (left == 0) {
      return POWER_LOST;
    }
    left--;
    memory[offset + i] = data == NULL ? 0xff : data[i];
  }
  return 0;
}

static int read(void *context, uint32_t offset, uint8_t *data, uint32_t size) {
  (void)context;
  assert_true(offset + size <= WHOLE);
  memcpy(data, memory + offset, size);
  return 0;
}

static int erase(void *context, uint32_t offset) {
  (void)context;
  return change(offset, NULL);
}

static int write(void *context, uint32_t offset, const uint8_t *data, uint32_t size) {
  (void)context;
  assert_int_equal(size, PAGE);
  return change(offset, data);
}

static const struct mendlite_update_flash flash = {.read = read,
                                                   .erase = erase,
                                                   .write = write,
                                                   .page_size = PAGE,
                                                   .room = SCRATCH,
                                                   .scratch = SCRATCH};

static int apply(void) { return mendlite_update_apply(&flash, update, update_size, page); }

static void add(uint32_t value, size_t size) {
  for (size_t i = 0; i < size; i++) {
    update[update_size++] = (uint8_t)(value >> (8 * i));
  }
}

static uint32_t crc(const char *bytes, size_t size) {
  return mendlite_crc32(0, (const uint8_t *)bytes, size);
}

/* "abcdefghij" -> "abXdefghiZ", as in tests/emit/test_update.py. */
static int start(void **state) {
  (void)state;
  memset(memory, 0xff, WHOLE);
  memcpy(memory, "abcdefghij", MODEL);
  left = UINT32_MAX;
  update_size = 0;
  add(0x31554c4d, 4);
  add(PAGE, 4);
  add(MODEL, 4);
  add(crc("abXdefghiZ", MODEL), 4);
  add(2, 2);
  add(0, 2);
  add(1, 2);
  add(crc("abcdefgh", 8), 4);
  add(crc("abXdefgh", 8), 4);
  add(2, 2);
  add(1, 1);
  add('X', 1);
  add(1, 2);
  add(1, 2);
  add(crc("ij", 2), 4);
  add(crc("iZ", 2), 4);
  add(1, 2);
  add(1, 1);
  add('Z', 1);
  add(mendlite_crc32(0, update, update_size), 4);
  return 0;
}

static void makes_the_new_model_once(void **state) {
  (void)state;
  assert_int_equal(apply(), MENDLITE_STATUS_OK);
  assert_memory_equal(memory, "abXdefghiZ", MODEL);
  left = 0;
  assert_int_equal(apply(), MENDLITE_STATUS_OK);
}

static void goes_on_after_any_power_failure(void **state) {
  for (uint32_t first = 0; first < 8 * PAGE; first++) {
    for (uint32_t second = 0; second < 3 * PAGE; second++) {
      start(state);
      left = first;
      assert_int_equal(apply(), POWER_LOST);
      left = second;
      apply();
      left = UINT32_MAX;
      assert_int_equal(apply(), MENDLITE_STATUS_OK);
      assert_memory_equal(memory, "abXdefghiZ", MODEL);
    }
  }
}

static void changes_nothing_by_a_damaged_update(void **state) {
  (void)state;
  size_t whole = update_size;
  left = 0;
  for (update_size = 0; update_size < whole; update_size++) {
    assert_int_equal(apply(), MENDLITE_STATUS_MALFORMED);
  }
  for (size_t at = 0; at < whole; at++) {
    update[at] ^= 1;
    assert_int_equal(apply(), MENDLITE_STATUS_MALFORMED);
    update[at] ^= 1;
  }
}

/* With a right CRC of its own: no byte of it may lead beyond the model, or to another one. */
static void changes_nothing_by_a_forged_update(void **state) {
  for (size_t at = 0; at < 48; at++) {
    for (int value = 0; value < 256; value++) {
      start(state);
      left = 0;
      size_t content = update_size - 4;
      if (at >= content || update[at] == value) {
        continue;
      }
      update[at] = (uint8_t)value;
      update_size = content;
      add(mendlite_crc32(0, update, content), 4);
      int status = apply();
      assert_true(status == MENDLITE_STATUS_MALFORMED || status == MENDLITE_STATUS_BAD_REQUEST ||
                  status == MENDLITE_STATUS_CONFLICT);
    }
  }
}

static void leaves_another_model(void **state) {
  for (uint32_t at = 0; at < MODEL; at++) {
    start(state);
    memory[at] ^= 1;
    left = 0;
    assert_int_equal(apply(), MENDLITE_STATUS_CONFLICT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(makes_the_new_model_once, start),
      cmocka_unit_test_setup(goes_on_after_any_power_failure, start),
      cmocka_unit_test_setup(changes_nothing_by_a_damaged_update, start),
      cmocka_unit_test_setup(changes_nothing_by_a_forged_update, start),
      cmocka_unit_test_setup(leaves_another_model, start),
  };
  return RUN(tests);
}
