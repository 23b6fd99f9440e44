/* The frames that Python is tested with, too (tools/make_golden.py). */
#include <string.h>

#include "../golden/frames.h"
#include "check.h"
#include "frame.h"
#include "status.h"

enum { LARGEST = 2048 };

static void decodes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof golden_frames / sizeof golden_frames[0]; i++) {
    const struct golden_frame *golden = &golden_frames[i];
    uint8_t bytes[MENDLITE_FRAME_ENCODED(LARGEST)];
    struct mendlite_frame frame;
    memcpy(bytes, golden->encoded, golden->encoded_size);
    /* The ending zero is not part of the encoding. */
    assert_int_equal(bytes[golden->encoded_size - 1], 0);
    assert_int_equal(mendlite_frame_decode(bytes, golden->encoded_size - 1, &frame),
                     MENDLITE_STATUS_OK);
    assert_int_equal(frame.type, golden->type);
    assert_int_equal(frame.session, golden->session);
    assert_int_equal(frame.sequence, golden->sequence);
    assert_int_equal(frame.size, golden->payload_size);
    assert_memory_equal(frame.payload, golden->payload, golden->payload_size);
  }
}

static void encodes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof golden_frames / sizeof golden_frames[0]; i++) {
    const struct golden_frame *golden = &golden_frames[i];
    uint8_t body[MENDLITE_FRAME_HEADER + LARGEST + MENDLITE_FRAME_CHECKSUM];
    uint8_t encoded[MENDLITE_FRAME_ENCODED(LARGEST)];
    struct mendlite_frame frame = {.type = golden->type,
                                   .session = golden->session,
                                   .sequence = golden->sequence,
                                   .size = golden->payload_size};
    memcpy(body + MENDLITE_FRAME_HEADER, golden->payload, golden->payload_size);
    assert_int_equal(mendlite_frame_encode(&frame, body, encoded), golden->encoded_size);
    assert_memory_equal(encoded, golden->encoded, golden->encoded_size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decodes),
      cmocka_unit_test(encodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
