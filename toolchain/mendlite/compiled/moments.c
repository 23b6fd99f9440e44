/* Sums of float64 over rows, in the order of arith/ordered_sums.py: the first half of the rows is
 * added to the second, again and again. Each product and each sum is rounded by itself, so the file
 * must be compiled without contraction. Values are float32 [rows][channels]. */
#include <stdint.h>
#include <stdlib.h>

#include "at_most.h"

/* Channels that are summed together, and parts of the rows that the first pass adds up where they
 * are of one size: three halvings. */
enum { LANES = 16, PARTS = 8 };

#define INLINE static inline __attribute__((always_inline))

/* Within low and high as numpy clips; NaN stays. */
static double within(double x, double low, double high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

/* What is summed, as the callers number it; `inside` is the value within its ends. */
enum { VALUE = 0, SQUARE = 1, CLIPPED = 2, CLIPPED_SQUARE = 3, PRODUCT = 4 };

INLINE double term(int of, double value, double low, double high) {
  const double inside = of >= CLIPPED ? within(value, low, high) : value;
  if (of == SQUARE) return value * value;
  if (of == CLIPPED_SQUARE) return inside * inside;
  return of == PRODUCT ? value * inside : inside;
}

/* `count` rows of LANES in `buffer`: sums of `parts` rows of x that lie `count` rows apart. */
INLINE void first_pass(const float *restrict x, int64_t count, int64_t channels, int parts, int lanes,
                       int of, double low, double high, double (*restrict buffer)[LANES]) {
  for (int64_t r = 0; r < count; r++) {
    double sum[PARTS][LANES];
    for (int i = 0; i < parts; i++)
      for (int c = 0; c < lanes; c++)
        sum[i][c] = term(of, x[(i * count + r) * channels + c], low, high);
    for (int half = parts / 2; half > 0; half /= 2)
      for (int i = 0; i < half; i++)
        for (int c = 0; c < lanes; c++) sum[i][c] += sum[half + i][c];
    for (int c = 0; c < lanes; c++) buffer[r][c] = sum[0][c];
  }
}

/* The halves of buffer[rows][LANES] added until one row is left, in place. */
static void add_halves(double (*buffer)[LANES], int64_t rows) {
  for (int64_t half = rows / 2; half > 0; rows = half, half /= 2) {
    for (int64_t r = 0; r < half; r++)
      for (int c = 0; c < LANES; c++) buffer[r][c] += buffer[half + r][c];
    if (rows % 2)
      for (int c = 0; c < LANES; c++) buffer[0][c] += buffer[rows - 1][c];
  }
}

INLINE void add_up(const float *x, int64_t rows, int64_t channels, int lanes, int of, double low,
                   double high, double (*buffer)[LANES]) {
  if (rows % PARTS == 0)
    first_pass(x, rows / PARTS, channels, PARTS, lanes, of, low, high, buffer);
  else
    first_pass(x, rows, channels, 1, lanes, of, low, high, buffer);
  add_halves(buffer, rows % PARTS == 0 ? rows / PARTS : rows);
}

#define ADD_UP(OF)                                                                                 \
  case OF:                                                                                         \
    if (lanes == LANES)                                                                            \
      add_up(x, rows, channels, LANES, OF, low, high, buffer);                                     \
    else                                                                                           \
      add_up(x, rows, channels, lanes, OF, low, high, buffer);                                     \
    break;

/* out[channels]: the sums over the rows of x[rows][channels], at least one, of what `of` names. Only
 * channels beside one that is `wanted` are written. 0; -1 where there is no memory. */
int ordered_moment(const float *x, int64_t rows, int64_t channels, int32_t of, double low,
                   double high, const uint8_t *wanted, double *out) {
  double(*buffer)[LANES] = calloc((size_t)rows, sizeof *buffer);
  if (buffer == NULL) return -1;
  for (int64_t first = 0; first < channels; first += LANES, x += LANES) {
    const int lanes = (int)at_most(channels - first, LANES);
    int any = 0;
    for (int c = 0; c < lanes; c++) any |= wanted[first + c];
    if (!any) continue;
    switch (of) {
      ADD_UP(VALUE)
      ADD_UP(SQUARE)
      ADD_UP(CLIPPED)
      ADD_UP(CLIPPED_SQUARE)
      ADD_UP(PRODUCT)
    }
    for (int c = 0; c < lanes; c++) out[first + c] = buffer[0][c];
  }
  free(buffer);
  return 0;
}

/* The smallest and largest of x[rows][channels] by channel, at least one row; NaN where one is. */
void channel_ends(const float *restrict x, int64_t rows, int64_t channels, float *restrict low,
                  float *restrict high) {
  for (int64_t c = 0; c < channels; c++) low[c] = high[c] = x[c];
  for (int64_t r = 1; r < rows; r++) {
    const float *row = x + r * channels;
    for (int64_t c = 0; c < channels; c++) {
      low[c] = row[c] < low[c] || row[c] != row[c] ? row[c] : low[c];
      high[c] = row[c] > high[c] || row[c] != row[c] ? row[c] : high[c];
    }
  }
}

/* counts[bins] and one more: how many of `count` values lie in each of the bins above `low`, of which
 * `per_unit` have the width 1, those beyond them in the outer ones; the last counts NaN. */
void count_bins(const float *x, int64_t count, double low, double per_unit, int64_t bins,
                int64_t *counts) {
  enum { BLOCK = 512 };
  for (int64_t begin = 0; begin < count; begin += BLOCK) {
    const int size = (int)at_most(count - begin, BLOCK);
    int32_t place[BLOCK];
    for (int i = 0; i < size; i++) {
      const double value = ((double)x[begin + i] - low) * per_unit;
      place[i] = value != value ? (int32_t)bins : (int32_t)within(value, 0.0, (double)(bins - 1));
    }
    for (int i = 0; i < size; i++) counts[place[i]]++;
  }
}
