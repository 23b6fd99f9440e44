/* The kernels on pairs, their instructions emulated, against plain sums of products. */
#define MENDLITE_EMULATED_DSP 1

#include <stdlib.h>

#include "check.h"
#include "engine/ops/depthwise_dsp.h"
#include "engine/ops/products_dsp.h"
#include "engine/ops/requantize_dsp.h"

enum { MOST = 40, ROWS = 4 };

static uint32_t state = 12345;

/* -128 ... 127, the ends often. */
static int8_t byte(void) {
  state = state * 1664525u + 1013904223u;
  uint32_t drawn = state >> 16;
  return (int8_t)(drawn % 5 == 0 ? -128 : drawn % 5 == 1 ? 127 : (int)(drawn & 255u) - 128);
}

/* Weights and inputs of so many values, at an odd address, with nothing behind them. */
struct drawn {
  int8_t *x;
  int8_t *w;
  int8_t *rooms[2];
};

static int8_t *fill(int8_t *room, uint32_t size) {
  for (uint32_t k = 0; k < size; k++) {
    room[1 + k] = byte();
  }
  return room + 1;
}

static struct drawn draw(uint32_t size) {
  struct drawn drawn = {.rooms = {malloc(size + 1), malloc(ROWS * size + 1)}};
  drawn.x = fill(drawn.rooms[0], size);
  drawn.w = fill(drawn.rooms[1], ROWS * size);
  return drawn;
}

static void forget(struct drawn *drawn) {
  free(drawn->rooms[0]);
  free(drawn->rooms[1]);
}

static uint32_t plain(const int8_t *x, const int8_t *w, uint32_t size, int32_t zero_point) {
  uint32_t sum = 0;
  for (uint32_t k = 0; k < size; k++) {
    sum += (uint32_t)((x[k] - zero_point) * w[k]);
  }
  return sum;
}

static void sums_rows_of_every_size(void **unused) {
  (void)unused;
  static const int32_t zeros[] = {-128, -1, 0, 5, 127};
  for (uint32_t size = 1; size <= MOST; size++) {
    for (size_t z = 0; z < sizeof zeros / sizeof zeros[0]; z++) {
      struct drawn drawn = draw(size);
      _Alignas(4) int16_t centred[MOST];
      uint32_t sums[ROWS];
      mendlite_dsp_centre(drawn.x, size, zeros[z], centred);
      mendlite_dsp_products_of_4(drawn.w, centred, size, sums);
      for (uint32_t row = 0; row < ROWS; row++) {
        const int8_t *w = drawn.w + row * size;
        uint32_t wanted = plain(drawn.x, w, size, zeros[z]);
        assert_int_equal(sums[row], wanted);
        assert_int_equal(mendlite_dsp_products(w, centred, size), wanted);
      }
      forget(&drawn);
    }
  }
}

/* Of a window in an image of the same width, whose weights lie in the first row drawn. */
static uint32_t window_sum(const struct drawn *drawn, const struct mendlite_taps *taps, uint32_t c,
                           int32_t zero_point) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < taps->rows; i++) {
    for (uint32_t j = 0; j < taps->columns; j++) {
      int32_t x = drawn->x[i * taps->input_row + j * taps->input_column + c];
      int32_t w = drawn->w[i * taps->weight_row + j * taps->weight_column + c];
      sum += (uint32_t)((x - zero_point) * w);
    }
  }
  return sum;
}

static void sums_windows_of_every_number_of_channels(void **unused) {
  (void)unused;
  for (uint32_t n = 0; n < 30 * 3 * 3; n++) {
    uint32_t channels = 4 + n / 9;
    struct mendlite_taps taps = {.rows = n % 3 + 1, .columns = n / 3 % 3 + 1};
    taps.input_column = taps.weight_column = channels;
    taps.weight_row = taps.columns * channels;
    taps.input_row = taps.weight_row;
    struct drawn drawn = draw(taps.rows * taps.weight_row);
    int32_t zero_point = byte();
    uint32_t sums[40];
    mendlite_dsp_window(&taps, drawn.x, drawn.w, channels, zero_point, sums);
    for (uint32_t c = 0; c < channels; c++) {
      assert_int_equal(sums[c], window_sum(&drawn, &taps, c, zero_point));
    }
    forget(&drawn);
  }
}

/* Ends of the range for which SMMULR is used, ends of int32, and halves of a step. */
static int32_t sum_near(uint32_t n, int32_t shift) {
  static const int32_t ends[] = {INT32_MIN, -(1 << 30), 0, 1 << 30, INT32_MAX - 2};
  uint32_t end = n / 6;
  if (end < 5) {
    return ends[end] + (int32_t)(n % 3) - (end > 0 ? 1 : 0);
  }
  uint32_t step = UINT32_C(1) << (shift < 0 ? -shift : 0);
  return (int32_t)((n - 30) * step + (n % 3) - 1);
}

static void scales_sums_as_the_portable_loop(void **unused) {
  (void)unused;
  static const int32_t factors[] = {0, 1 << 30, (1 << 30) + 1, 1500000001, INT32_MAX};
  const struct mendlite_range range = {.low = -128, .high = 126};
  for (int32_t shift = -31; shift <= 30; shift++) {
    for (uint32_t n = 0; n < 60 * 5; n++) {
      struct mendlite_multiplier by = {.factor = factors[n % 5], .shift = shift};
      uint32_t sum = (uint32_t)sum_near(n / 5, shift);
      uint32_t bias = sum * 2654435761u >> (n % 2 == 0 ? 31 : 8);
      uint8_t biases[5];
      uint8_t out[2];
      memcpy(biases + 1, &bias, sizeof bias);
      for (uint32_t biased = 0; biased < 2; biased++) {
        int32_t x = (int32_t)(sum + biased * bias);
        int32_t wanted = mendlite_requantize_inline(x, by, MENDLITE_ROUND_DOUBLE, -3);
        assert_int_equal(mendlite_dsp_multiply(x, by),
                         mendlite_multiply_inline(x, by, MENDLITE_ROUND_DOUBLE));
        mendlite_dsp_requantize(&sum, biased ? biases + 1 : NULL, &by, -3, range, out, 1);
        assert_int_equal((int8_t)out[0], mendlite_clamp_inline(wanted, -128, 126));
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_rows_of_every_size),
      cmocka_unit_test(sums_windows_of_every_number_of_channels),
      cmocka_unit_test(scales_sums_as_the_portable_loop),
  };
  return RUN(tests);
}
