/* Two steps of an LSTM of one cell, whose values are known from tables of tanh. */
#include <stdbool.h>

#include "check.h"
#include "engine/ops/lstm.h"
#include "engine/ops/wide.h"

/* Only the cell gate sees the input; the biases of the others, 2^14 steps, open them: logistic(8)
 * is 0.99966. So c1 = 0.99966 tanh(0.5) = 0.46196, c2 = 0.99966 (c1 + tanh(1)) = 1.22315, and the
 * outputs 0.99966 tanh(c) are 0.43154 and 0.84030. */
static const double outputs[] = {0.43154, 0.84030};
static const uint8_t no_weight[] = {0};
static const uint8_t one[] = {1};
static const uint8_t no_bias[8];
/* 2^14 as an int32 and as an int64 as well. */
static const uint8_t open_bias[8] = {0, 0x40};

static struct mendlite_multiplier multiplier(double real, bool int16) {
  struct mendlite_multiplier by = mendlite_quantize_multiplier(real, MENDLITE_ROUND_DOUBLE);
  if (int16) {
    assert_int_equal(mendlite_wide_multiplier(real, &by), 0);
  }
  return by;
}

/* scale is the output's. */
static struct mendlite_lstm one_cell(double input_scale, double scale, bool int16) {
  const double share = 1.0 / 32768;
  struct mendlite_lstm lstm = {.samples = 1,
                               .steps = 2,
                               .cells = 1,
                               .rounding = MENDLITE_ROUND_DOUBLE,
                               .int16 = int16,
                               .power = -12,
                               .limit = 1 << 15,
                               .kept = multiplier(share, false),
                               .added = multiplier(share * share * 4096, false),
                               .shown = multiplier(share * share / scale, false)};
  lstm.of_input.width = 1;
  lstm.of_state.width = 1;
  for (uint32_t gate = 0; gate < MENDLITE_LSTM_GATES; gate++) {
    bool sees = gate == MENDLITE_LSTM_CELL_GATE;
    lstm.of_input.weights[gate] = sees ? one : no_weight;
    lstm.of_state.weights[gate] = no_weight;
    lstm.of_input.by[gate] = multiplier(input_scale * 4096, int16);
    lstm.of_state.by[gate] = multiplier(scale * 4096, int16);
    lstm.biases[gate] = sees ? no_bias : open_bias;
  }
  return lstm;
}

static void near_to(int32_t found, double steps, double room) {
  assert_true(found - steps < room && steps - found < room);
}

static void test_two_steps_of_int8(void **state) {
  (void)state;
  struct mendlite_lstm lstm = one_cell(0.5, 1.0 / 128, false);
  const uint8_t input[] = {1, 2};
  uint8_t found[2];
  int16_t cell;
  mendlite_lstm_run(&lstm, input, found, &cell);
  for (uint32_t step = 0; step < 2; step++) {
    near_to((int8_t)found[step], outputs[step] * 128, 1);
  }
}

static void test_two_steps_of_int16(void **state) {
  (void)state;
  struct mendlite_lstm lstm = one_cell(1.0 / 256, 1.0 / 32768, true);
  const int16_t input[] = {128, 256};
  int16_t found[2];
  int16_t cell;
  mendlite_lstm_run(&lstm, (const uint8_t *)input, (uint8_t *)found, &cell);
  for (uint32_t step = 0; step < 2; step++) {
    near_to(found[step], outputs[step] * 32768, 24);
  }
  near_to(cell, 1.22315 * 4096, 8);
}

/* Of int16 inputs they are int64, else int32: all bits of the type are read. */
static void test_biases_of_64_bits(void **state) {
  (void)state;
  const uint8_t large[8] = {0, 0, 0, 0, 1};
  const uint8_t negative[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct mendlite_lstm lstm = one_cell(1.0 / 256, 1.0 / 32768, true);
  lstm.biases[0] = large;
  lstm.biases[1] = negative;
  assert_true(mendlite_lstm_bias(&lstm, 0, 0) == INT64_C(1) << 32);
  assert_true(mendlite_lstm_bias(&lstm, 1, 0) == -1);
  lstm.int16 = false;
  assert_true(mendlite_lstm_bias(&lstm, 0, 0) == 0);
  assert_true(mendlite_lstm_bias(&lstm, 1, 0) == -1);
}

static void test_wide_multiplication_rounds_ties_up(void **state) {
  (void)state;
  struct mendlite_multiplier half;
  assert_int_equal(mendlite_wide_multiplier(0.5, &half), 0);
  assert_int_equal(mendlite_wide_multiply(3, half), 2);
  assert_int_equal(mendlite_wide_multiply(-3, half), -1);
  assert_int_equal(mendlite_wide_multiply(INT64_C(1) << 31, half), 1 << 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_steps_of_int8),
      cmocka_unit_test(test_two_steps_of_int16),
      cmocka_unit_test(test_biases_of_64_bits),
      cmocka_unit_test(test_wide_multiplication_rounds_ties_up),
  };
  return RUN(tests);
}
