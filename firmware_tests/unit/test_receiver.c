/* What the receiver cuts out of a stream of bytes. */
#include <string.h>

#include "check.h"
#include "receiver.h"

enum { ROOM = 100 };

struct line {
  struct mendlite_receiver receiver;
  /* One byte more than the receiver knows of, which it must leave alone. */
  uint8_t buffer[ROOM + 1];
};

static void start(struct line *line) {
  memset(line->buffer, 0xee, sizeof line->buffer);
  mendlite_receiver_reset(&line->receiver, line->buffer, ROOM);
}

/* Takes all; what the last byte brought. */
static enum mendlite_received take(struct line *line, const char *bytes, size_t size) {
  enum mendlite_received found = MENDLITE_RECEIVED_NOTHING;
  for (size_t i = 0; i < size; i++) {
    assert_int_equal(found, MENDLITE_RECEIVED_NOTHING);
    found = mendlite_receiver_take(&line->receiver, (uint8_t)bytes[i]);
  }
  return found;
}

static void expect(struct line *line, enum mendlite_received found, enum mendlite_received wanted,
                   const char *bytes) {
  assert_int_equal(found, wanted);
  assert_int_equal(line->receiver.used, strlen(bytes));
  assert_memory_equal(line->buffer, bytes, strlen(bytes));
  mendlite_receiver_clear(&line->receiver);
}

static void cuts_frames(void **state) {
  (void)state;
  struct line line;
  start(&line);
  expect(&line, take(&line, "\x02\x01\x03\0", 4), MENDLITE_RECEIVED_FRAME, "\x02\x01\x03");
  expect(&line, take(&line, "\x05\0", 2), MENDLITE_RECEIVED_FRAME, "\x05");
}

static void takes_no_notice_of_empty_frames(void **state) {
  (void)state;
  struct line line;
  start(&line);
  assert_int_equal(take(&line, "\0\0\0", 3), MENDLITE_RECEIVED_NOTHING);
}

static void cuts_text(void **state) {
  (void)state;
  struct line line;
  start(&line);
  expect(&line, take(&line, "name%", 5), MENDLITE_RECEIVED_TEXT, "name");
  expect(&line, take(&line, "\r\ndb load 5%", 12), MENDLITE_RECEIVED_TEXT, "\r\ndb load 5");
  /* A frame may begin with the byte that is a '%'. */
  expect(&line, take(&line, "%\x05\0", 3), MENDLITE_RECEIVED_FRAME, "%\x05");
}

static void hears_text_after_noise(void **state) {
  (void)state;
  struct line line;
  start(&line);
  expect(&line, take(&line, "\xff\xfename%", 7), MENDLITE_RECEIVED_TEXT, "\xff\xfename");
  expect(&line, take(&line, "name%", 5), MENDLITE_RECEIVED_TEXT, "name");
}

/* A '%' among a frame's bytes does not end it: its type is not printable. */
static void keeps_percent_in_frames(void **state) {
  (void)state;
  struct line line;
  start(&line);
  expect(&line, take(&line, " \x05%abc%\0", 8), MENDLITE_RECEIVED_FRAME, " \x05%abc%");
}

static void drops_text_that_is_too_long(void **state) {
  (void)state;
  struct line line;
  char text[ROOM + 2];
  start(&line);
  memset(text, 'a', sizeof text);
  text[ROOM] = '%';
  assert_int_equal(take(&line, text, ROOM + 1), MENDLITE_RECEIVED_TEXT);
  assert_int_equal(line.receiver.used, ROOM);
  mendlite_receiver_clear(&line.receiver);
  text[ROOM] = 'a';
  text[ROOM + 1] = '%';
  assert_int_equal(take(&line, text, ROOM + 2), MENDLITE_RECEIVED_TEXT);
  assert_int_equal(line.receiver.used, 0);
  mendlite_receiver_clear(&line.receiver);
  expect(&line, take(&line, "name%", 5), MENDLITE_RECEIVED_TEXT, "name");
}

static void drops_frames_that_are_too_long(void **state) {
  (void)state;
  struct line line;
  start(&line);
  for (int i = 0; i < ROOM + 1; i++) {
    assert_int_equal(mendlite_receiver_take(&line.receiver, 1), MENDLITE_RECEIVED_NOTHING);
  }
  assert_int_equal(line.buffer[ROOM], 0xee);
  /* It is known that something came, and nothing is left of it. */
  assert_int_equal(mendlite_receiver_take(&line.receiver, 0), MENDLITE_RECEIVED_FRAME);
  assert_int_equal(line.receiver.used, 0);
  mendlite_receiver_clear(&line.receiver);
  expect(&line, take(&line, "\x05\0", 2), MENDLITE_RECEIVED_FRAME, "\x05");
}

static void takes_a_frame_that_just_fits(void **state) {
  (void)state;
  struct line line;
  start(&line);
  for (int i = 0; i < ROOM; i++) {
    mendlite_receiver_take(&line.receiver, 1);
  }
  assert_int_equal(mendlite_receiver_take(&line.receiver, 0), MENDLITE_RECEIVED_FRAME);
  assert_int_equal(line.receiver.used, ROOM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cuts_frames),
      cmocka_unit_test(takes_no_notice_of_empty_frames),
      cmocka_unit_test(cuts_text),
      cmocka_unit_test(keeps_percent_in_frames),
      cmocka_unit_test(hears_text_after_noise),
      cmocka_unit_test(drops_text_that_is_too_long),
      cmocka_unit_test(drops_frames_that_are_too_long),
      cmocka_unit_test(takes_a_frame_that_just_fits),
  };
  return RUN(tests);
}
