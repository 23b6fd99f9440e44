/* Layers over batches of samples, with the integers of the numpy kernels (arith/products.py,
 * arith/requantize.py).
 *
 * Sums are of int16 times int16 in 32 bits and wrap as on devices, so their order is free. Products
 * of float64 come rounded to grids on which every sum is exact (arith/exact_products.py), so theirs
 * is, too. Only the float32 depthwise convolution rounds at each addition: its taps are added in
 * the order of the file. The file must be compiled without contraction of products and sums.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "requantize.h"
#include "tiles.h"

/* Panels of a float layer that are computed together where there are as many. */
enum { PANELS = HAVE_AVX512 ? 2 : 1 };

#define AS_IT_IS(VALUE) (VALUE)

/* To multiples of the grid whose 1.5 * 2**52 steps are `shift` (arith/exact_products.py). */
#define ON_GRID(VALUE) (((double)(VALUE) + shift) - shift)

FILL(fill_int8, int8_t, int16_t, AS_IT_IS)
FILL(fill_uint8, uint8_t, int16_t, AS_IT_IS)
FILL(fill_int16, int16_t, int16_t, AS_IT_IS)
FILL(fill_on_grid, float, double, ON_GRID)
FILL(fill_float, float, float, AS_IT_IS)

/* Types of inputs, as the callers number them. */
enum { INT8 = 0, UINT8 = 1, INT16 = 2 };

static void fill(const void *x, int32_t type, const Window *w, const Blocks *b, const Part *p,
                 int16_t outside, int16_t *to) {
  if (type == INT8) fill_int8(x, w, b, p, outside, NULL, to);
  if (type == UINT8) fill_uint8(x, w, b, p, outside, NULL, to);
  if (type == INT16) fill_int16(x, w, b, p, outside, NULL, to);
}

/* What a layer needs besides its arguments: blocks, and a buffer of values of `size` bytes that
 * holds one of them. NULL where there is no memory. */
static void *begin_layer(const Window *w, int apart, int64_t size, Blocks *b) {
  measure_blocks(w, size, ROWS, b);
  void *values = NULL;
  /* Tiles read up to LANES values behind the last run. */
  if (place_blocks(w, apart, ROWS, b) == 0) values = calloc(values_of(b, LANES), (size_t)size);
  if (values == NULL) end_blocks(b);
  return values;
}

static void end_layer(void *values, Blocks *b) {
  free(values);
  end_blocks(b);
}

/* The sums of `count` output positions in the panel from channel `first` on, to `place` of `out`:
 * as bytes with `q`, else as they are. */
static void write_sums(const int32_t *acc, int64_t count, const Requantization *q, int64_t first,
                       int64_t channels, int64_t place, void *out) {
  const int64_t lanes = at_most(channels - first, LANES);
  if (q != NULL) {
    requantize(acc, count, q, first, lanes, channels, (uint8_t *)out + place);
    return;
  }
  for (int64_t i = 0; i < count; i++)
    memcpy((int32_t *)out + place + i * channels, acc + i * LANES, (size_t)lanes * sizeof *acc);
}

/* A convolution or dense layer. `weights` [panels][runs][pairs][LANES][2] and `bias`
 * [panels * LANES] are padded with zeros; there is a run for each line of the window where its taps
 * are neighbours, else for each tap. With `q` the outputs are its bytes, else int32 accumulators.
 * 0; -1 where there is no memory. */
int convolve_whole(const void *x, int32_t type, const Window *w, int16_t outside,
                   const int16_t *weights, const int32_t *bias, const Requantization *q,
                   void *out) {
  const int64_t channels = w->channels;
  if (w->samples * positions(w) == 0) return 0;
  Blocks b;
  Part p = {0};
  int16_t *values = begin_layer(w, 0, sizeof *values, &b);
  if (values == NULL) return -1;
  const int64_t pairs = (b.run + 1) / 2;
  int32_t acc[ROWS * LANES];
  while (next_part(w, &b, &p)) {
    fill(x, type, w, &b, &p, outside, values);
    for (int64_t first = 0; first < channels; first += LANES) {
      for (int64_t r = 0; r < p.count; r += ROWS) {
        whole_tile(values, b.at + r, &b, weights + first * b.runs * 2 * pairs, pairs, bias + first,
                   acc);
        write_sums(acc, at_most(p.count - r, ROWS), q, first, channels,
                   (p.begin + r) * channels + first, out);
      }
    }
  }
  end_layer(values, &b);
  return 0;
}

/* acc[LANES] = bias + the products of `pairs` pairs of taps, which lie at `starts` behind `x`;
 * `weights` [pairs][2][LANES]. */
static void depthwise_tile(const int16_t *restrict x, const int64_t *restrict starts,
                           const int16_t *restrict weights, int64_t pairs,
                           const int32_t *restrict bias, int32_t *restrict acc) {
#if HAVE_AVX2
  __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
  for (int64_t k = 0; k < pairs; k++) {
    const __m256i x0 = _mm256_loadu_si256((const __m256i *)(x + starts[2 * k]));
    const __m256i x1 = _mm256_loadu_si256((const __m256i *)(x + starts[2 * k + 1]));
    const __m256i w0 = _mm256_loadu_si256((const __m256i *)(weights + 2 * k * LANES));
    const __m256i w1 = _mm256_loadu_si256((const __m256i *)(weights + (2 * k + 1) * LANES));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x0, x1),
                                                  _mm256_unpacklo_epi16(w0, w1)));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x0, x1),
                                                    _mm256_unpackhi_epi16(w0, w1)));
  }
  /* Channels 0-3 and 8-11 are in `low`, the others in `high`. */
  const __m256i b0 = _mm256_loadu_si256((const __m256i *)bias);
  const __m256i b1 = _mm256_loadu_si256((const __m256i *)(bias + 8));
  const __m256i first = _mm256_permute2x128_si256(low, high, 0x20);
  const __m256i second = _mm256_permute2x128_si256(low, high, 0x31);
  _mm256_storeu_si256((__m256i *)acc, _mm256_add_epi32(first, b0));
  _mm256_storeu_si256((__m256i *)(acc + 8), _mm256_add_epi32(second, b1));
#else
  uint32_t sum[LANES];
  for (int c = 0; c < LANES; c++) sum[c] = (uint32_t)bias[c];
  for (int64_t tap = 0; tap < 2 * pairs; tap++)
    for (int c = 0; c < LANES; c++)
      sum[c] += (uint32_t)((int32_t)x[starts[tap] + c] * weights[tap * LANES + c]);
  for (int c = 0; c < LANES; c++) acc[c] = (int32_t)sum[c];
#endif
}

/* A depthwise convolution with as many output as input channels; `weights`
 * [panels][taps, even][LANES], padded with zeros as `bias` is. */
int depthwise_whole(const void *x, int32_t type, const Window *w, int16_t outside,
                    const int16_t *weights, const int32_t *bias, const Requantization *q,
                    void *out) {
  const int64_t channels = w->channels;
  if (w->samples * positions(w) == 0) return 0;
  Blocks b;
  Part p = {0};
  int16_t *values = begin_layer(w, 1, sizeof *values, &b);
  if (values == NULL) return -1;
  const int64_t pairs = (b.runs + 1) / 2;
  int32_t acc[ROWS * LANES];
  while (next_part(w, &b, &p)) {
    fill(x, type, w, &b, &p, outside, values);
    for (int64_t first = 0; first < channels; first += LANES) {
      for (int64_t r = 0; r < p.count; r += ROWS) {
        const int64_t count = at_most(p.count - r, ROWS);
        for (int64_t i = 0; i < count; i++)
          depthwise_tile(values + b.at[r + i] + first, b.starts, weights + first * 2 * pairs, pairs,
                         bias + first, acc + i * LANES);
        write_sums(acc, count, q, first, channels, (p.begin + r) * channels + first, out);
      }
    }
  }
  end_layer(values, &b);
  return 0;
}

/* As numpy clips: NaN stays, and a zero below `low` 0 is +0. */
static float within(float y, float low, float high) {
  y = y > low || y != y ? y : low;
  return y < high || y != y ? y : high;
}

#if HAVE_AVX2
/* The same of eight values: the instructions return their second operand for NaN and equal ones. */
static __m256 all_within(__m256 y, float low, float high) {
  const __m256 raised = _mm256_max_ps(y, _mm256_set1_ps(low));
  const __m256 inside = _mm256_min_ps(raised, _mm256_set1_ps(high));
  return _mm256_blendv_ps(inside, y, _mm256_cmp_ps(y, y, _CMP_UNORD_Q));
}
#endif

/* REAL_LANES sums as float32 within low and high; the first `lanes` are written. */
static void bounded(const double *acc, float low, float high, int64_t lanes, float *out) {
#if HAVE_AVX2
  if (lanes == REAL_LANES) {
    const __m128 first = _mm256_cvtpd_ps(_mm256_loadu_pd(acc));
    const __m128 second = _mm256_cvtpd_ps(_mm256_loadu_pd(acc + 4));
    _mm256_storeu_ps(out, all_within(_mm256_set_m128(second, first), low, high));
    return;
  }
#endif
  for (int64_t c = 0; c < lanes; c++) out[c] = within((float)acc[c], low, high);
}

/* The sums of `count` output positions, of `panels` panels of a tile: `left` channels are still to
 * be written, a position's lie `channels` values behind those of the one before. */
static void write_tile(const double *acc, int64_t count, int64_t panels, const float *ends,
                       int64_t left, int64_t channels, float *out) {
  for (int64_t n = 0; n < panels; n++) {
    const int64_t lanes = at_most(left - n * REAL_LANES, REAL_LANES);
    const double *sums = acc + n * ROWS * REAL_LANES;
    for (int64_t i = 0; i < count; i++)
      bounded(sums + i * REAL_LANES, ends[0], ends[1], lanes, out + i * channels + n * REAL_LANES);
  }
}

#if HAVE_AVX512
/* The same of two whole panels: AVX-512 bounds and writes the sums of both at once. */
static void write_two_panels(const double *acc, int64_t count, const float *ends, int64_t channels,
                             float *out) {
  const __m512 low = _mm512_set1_ps(ends[0]), high = _mm512_set1_ps(ends[1]);
  for (int64_t i = 0; i < count; i++, acc += REAL_LANES, out += channels) {
    const __m256 first = _mm512_cvtpd_ps(_mm512_loadu_pd(acc));
    const __m256 second = _mm512_cvtpd_ps(_mm512_loadu_pd(acc + ROWS * REAL_LANES));
    const __m512 y = _mm512_castpd_ps(_mm512_insertf64x4(
        _mm512_castpd256_pd512(_mm256_castps_pd(first)), _mm256_castps_pd(second), 1));
    const __m512 inside = _mm512_min_ps(_mm512_max_ps(y, low), high);
    const __mmask16 unordered = _mm512_cmp_ps_mask(y, y, _CMP_UNORD_Q);
    _mm512_storeu_ps(out, _mm512_mask_mov_ps(inside, unordered, y));
  }
}
#endif

/* All output positions of a block, of one or PANELS panels of channels. */
static void real_panels(const double *values, const Blocks *b, const Part *p, const double *weights,
                        int64_t panels, const double *bias, const float *ends, int64_t left,
                        int64_t channels, float *out) {
  double acc[PANELS * ROWS * REAL_LANES];
  for (int64_t r = 0; r < p->count; r += ROWS) {
    const int64_t count = at_most(p->count - r, ROWS);
    float *to = out + (p->begin + r) * channels;
#if HAVE_AVX512
    if (panels == PANELS) {
      two_real_tiles(values, b->at + r, b, weights, b->runs * b->run * REAL_LANES, bias, acc);
      if (left >= PANELS * REAL_LANES) {
        write_two_panels(acc, count, ends, channels, to);
        continue;
      }
    } else
#endif
      real_tile(values, b->at + r, b, weights, bias, acc);
    write_tile(acc, count, panels, ends, left, channels, to);
  }
}

/* A convolution or dense layer of float32, in float64 on grids: that of sample i has steps of
 * `shifts`[i] / (1.5 * 2**52). `weights` [panels][runs][run][REAL_LANES], runs as of
 * convolve_whole. The outputs are float32 within low and high. */
int convolve_real(const float *x, const Window *w, const double *shifts, const double *weights,
                  const double *bias, float low, float high, float *out) {
  const int64_t channels = w->channels;
  if (w->samples * positions(w) == 0) return 0;
  Blocks b;
  Part p = {0};
  double *values = begin_layer(w, 0, sizeof *values, &b);
  if (values == NULL) return -1;
  const int64_t panel = b.runs * b.run * REAL_LANES;
  while (next_part(w, &b, &p)) {
    fill_on_grid(x, w, &b, &p, 0.0, shifts, values);
    for (int64_t first = 0, panels; first < channels; first += panels * REAL_LANES) {
      panels = channels - first > REAL_LANES ? PANELS : 1;
      real_panels(values, &b, &p, weights + first / REAL_LANES * panel, panels, bias + first,
                  (float[]){low, high}, channels - first, channels, out + first);
    }
  }
  end_layer(values, &b);
  return 0;
}

/* The first `lanes` channels of an output position, up to REAL_LANES. */
static void add_taps(const float *restrict row, const Blocks *b, const float *restrict weights,
                     const float *restrict bias, int64_t channels, int64_t lanes, float low,
                     float high, float *restrict out) {
#if HAVE_AVX2
  if (lanes == REAL_LANES) {
    __m256 sum = _mm256_loadu_ps(bias);
    for (int64_t tap = 0; tap < b->runs; tap++) {
      const __m256 value = _mm256_loadu_ps(row + b->starts[tap]);
      const __m256 product = _mm256_mul_ps(value, _mm256_loadu_ps(weights + tap * channels));
      sum = _mm256_add_ps(sum, product);
    }
    _mm256_storeu_ps(out, all_within(sum, low, high));
    return;
  }
#endif
  float sum[REAL_LANES];
  for (int64_t c = 0; c < lanes; c++) sum[c] = bias[c];
  for (int64_t tap = 0; tap < b->runs; tap++)
    for (int64_t c = 0; c < lanes; c++)
      sum[c] += row[b->starts[tap] + c] * weights[tap * channels + c];
  for (int64_t c = 0; c < lanes; c++) out[c] = within(sum[c], low, high);
}

/* A depthwise convolution of float32 with as many output as input channels; `weights`
 * [taps][channels]. Each product and each sum is rounded, tap after tap. */
int depthwise_real(const float *x, const Window *w, const float *weights, const float *bias,
                   float low, float high, float *out) {
  const int64_t channels = w->channels;
  if (w->samples * positions(w) == 0) return 0;
  Blocks b;
  Part p = {0};
  float *values = begin_layer(w, 1, sizeof *values, &b);
  if (values == NULL) return -1;
  while (next_part(w, &b, &p)) {
    fill_float(x, w, &b, &p, 0.0F, NULL, values);
    for (int64_t r = 0; r < p.count; r++) {
      const float *row = values + b.at[r];
      float *to = out + (p.begin + r) * channels;
      for (int64_t first = 0; first < channels; first += REAL_LANES)
        add_taps(row + first, &b, weights + first, bias + first, channels,
                 at_most(channels - first, REAL_LANES), low, high, to + first);
    }
  }
  end_layer(values, &b);
  return 0;
}
