/* Frames: one worked out by hand, and every way to damage it. */
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "frame.h"
#include "status.h"

enum { PAYLOAD = 300 };

static size_t encode(uint8_t type, const uint8_t *payload, size_t size, uint8_t *encoded) {
  uint8_t body[MENDLITE_FRAME_HEADER + PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  struct mendlite_frame frame = {.type = type, .session = 0x21, .sequence = 0x0403, .size = size};
  memcpy(body + MENDLITE_FRAME_HEADER, payload, size);
  return mendlite_frame_encode(&frame, body, encoded);
}

/* HELLO, session 0x21, sequence 0x0403, payload 01 00. */
static void encodes_by_hand(void **state) {
  (void)state;
  static const uint8_t payload[] = {1, 0};
  static const uint8_t body[] = {0x01, 0x21, 0x03, 0x04, 0x01, 0x00};
  uint8_t encoded[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  uint32_t crc = mendlite_crc32(0, body, sizeof body);
  /* The zero of the payload is the sixth byte; the checksum (no zero in it) follows. */
  const uint8_t expected[] = {0x06,
                              0x01,
                              0x21,
                              0x03,
                              0x04,
                              0x01,
                              0x05,
                              (uint8_t)crc,
                              (uint8_t)(crc >> 8),
                              (uint8_t)(crc >> 16),
                              (uint8_t)(crc >> 24),
                              0x00};
  assert_int_equal(encode(1, payload, sizeof payload, encoded), sizeof expected);
  assert_memory_equal(encoded, expected, sizeof expected);
}

static void decodes_what_it_encoded(void **state) {
  (void)state;
  uint8_t payload[PAYLOAD];
  uint8_t encoded[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  for (size_t size = 0; size <= PAYLOAD; size++) {
    struct mendlite_frame frame;
    for (size_t i = 0; i < size; i++) {
      payload[i] = (uint8_t)(i * size);
    }
    size_t used = encode(0x83, payload, size, encoded);
    assert_true(used <= MENDLITE_FRAME_ENCODED(size));
    assert_int_equal(encoded[used - 1], 0);
    assert_int_equal(mendlite_frame_decode(encoded, used - 1, &frame), MENDLITE_STATUS_OK);
    assert_int_equal(frame.type, 0x83);
    assert_int_equal(frame.session, 0x21);
    assert_int_equal(frame.sequence, 0x0403);
    assert_int_equal(frame.size, size);
    assert_memory_equal(frame.payload, payload, size);
  }
}

static size_t make_sample(uint8_t *encoded) {
  uint8_t payload[PAYLOAD];
  for (size_t i = 0; i < PAYLOAD; i++) {
    payload[i] = (uint8_t)(i % 97);
  }
  return encode(5, payload, PAYLOAD, encoded) - 1;
}

static void notices_every_flipped_bit(void **state) {
  (void)state;
  uint8_t sound[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  uint8_t damaged[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  size_t size = make_sample(sound);
  for (size_t bit = 0; bit < 8 * size; bit++) {
    struct mendlite_frame frame;
    memcpy(damaged, sound, size);
    damaged[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_equal(mendlite_frame_decode(damaged, size, &frame), MENDLITE_STATUS_DAMAGED);
  }
}

static void notices_every_lost_and_doubled_byte(void **state) {
  (void)state;
  uint8_t sound[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  uint8_t damaged[MENDLITE_FRAME_ENCODED(PAYLOAD) + 1];
  size_t size = make_sample(sound);
  for (size_t at = 0; at < size; at++) {
    struct mendlite_frame frame;
    memcpy(damaged, sound, at);
    memcpy(damaged + at, sound + at + 1, size - at - 1);
    assert_int_equal(mendlite_frame_decode(damaged, size - 1, &frame), MENDLITE_STATUS_DAMAGED);
    memcpy(damaged, sound, at + 1);
    memcpy(damaged + at + 1, sound + at, size - at);
    assert_int_equal(mendlite_frame_decode(damaged, size + 1, &frame), MENDLITE_STATUS_DAMAGED);
  }
}

static void notices_every_truncation(void **state) {
  (void)state;
  uint8_t sound[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  uint8_t damaged[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  size_t size = make_sample(sound);
  for (size_t left = 0; left < size; left++) {
    struct mendlite_frame frame;
    memcpy(damaged, sound, left);
    assert_int_equal(mendlite_frame_decode(damaged, left, &frame), MENDLITE_STATUS_DAMAGED);
  }
}

/* Seven bytes with a right checksum are no frame: the header is not whole. */
static void refuses_less_than_a_header(void **state) {
  (void)state;
  uint8_t body[7] = {1, 2, 3};
  uint8_t encoded[MENDLITE_COBS_ENCODED(7)];
  struct mendlite_frame frame;
  uint32_t crc = mendlite_crc32(0, body, 3);
  for (uint32_t i = 0; i < 4; i++) {
    body[3 + i] = (uint8_t)(crc >> (8 * i));
  }
  size_t used = mendlite_cobs_encode(body, sizeof body, encoded);
  assert_int_equal(mendlite_frame_decode(encoded, used, &frame), MENDLITE_STATUS_DAMAGED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(encodes_by_hand),
      cmocka_unit_test(decodes_what_it_encoded),
      cmocka_unit_test(notices_every_flipped_bit),
      cmocka_unit_test(notices_every_lost_and_doubled_byte),
      cmocka_unit_test(notices_every_truncation),
      cmocka_unit_test(refuses_less_than_a_header),
  };
  return RUN(tests);
}
