/* The inner loops of convolutions and dense layers: ROWS output positions times one panel of
 * channels, in the widest vectors that the processor has. Their sums are exact in any order
 * (layers.c), so each form computes the same numbers. */
#ifndef MENDLITE_TILES_H
#define MENDLITE_TILES_H

#include <stdint.h>
#include <string.h>

#include "blocks.h"
#include "vectors.h"

/* ROWS sums of a panel stay in registers: of 32 in AVX-512, of 16 in AVX2. */
enum { ROWS = HAVE_AVX512 ? 12 : 6 };

#if HAVE_AVX512
/* sum + the products of pairs of int16, in int32 that wraps. */
static __m512i add_pairs(__m512i sum, __m512i x, __m512i w) {
#ifdef __AVX512VNNI__
  return _mm512_dpwssd_epi32(sum, x, w);
#else
  return _mm512_add_epi32(sum, _mm512_madd_epi16(x, w));
#endif
}
#endif

/* acc[ROWS][LANES] = bias + rows . weights. A row is the runs that begin at its place of `at`, each
 * of `pairs` pairs of values; weights lie as [runs][pairs][LANES][2]. */
static void whole_tile(const int16_t *restrict x, const int64_t *restrict at, const Blocks *b,
                       const int16_t *restrict weights, int64_t pairs, const int32_t *restrict bias,
                       int32_t *restrict acc) {
#if HAVE_AVX512
  __m512i sum[ROWS];
  for (int r = 0; r < ROWS; r++) sum[r] = _mm512_loadu_si512(bias);
  for (int64_t i = 0; i < b->runs; i++) {
    const int16_t *run = x + b->starts[i], *row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = run + at[r];
    for (int64_t k = 0; k < pairs; k++, weights += 2 * LANES) {
      const __m512i w = _mm512_loadu_si512(weights);
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; r++) {
        int32_t two;
        memcpy(&two, row[r] + 2 * k, sizeof two);
        sum[r] = add_pairs(sum[r], _mm512_set1_epi32(two), w);
      }
    }
  }
  for (int r = 0; r < ROWS; r++) _mm512_storeu_si512(acc + r * LANES, sum[r]);
#elif HAVE_AVX2
  __m256i sum[ROWS][2];
  const __m256i b0 = _mm256_loadu_si256((const __m256i *)bias);
  const __m256i b1 = _mm256_loadu_si256((const __m256i *)(bias + 8));
  for (int r = 0; r < ROWS; r++) sum[r][0] = b0, sum[r][1] = b1;
  for (int64_t i = 0; i < b->runs; i++) {
    const int16_t *run = x + b->starts[i], *row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = run + at[r];
    for (int64_t k = 0; k < pairs; k++, weights += 2 * LANES) {
      const __m256i w0 = _mm256_loadu_si256((const __m256i *)weights);
      const __m256i w1 = _mm256_loadu_si256((const __m256i *)(weights + LANES));
#pragma GCC unroll 6
      for (int r = 0; r < ROWS; r++) {
        int32_t two;
        memcpy(&two, row[r] + 2 * k, sizeof two);
        const __m256i both = _mm256_set1_epi32(two);
        sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(both, w0));
        sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(both, w1));
      }
    }
  }
  for (int r = 0; r < ROWS; r++) {
    _mm256_storeu_si256((__m256i *)(acc + r * LANES), sum[r][0]);
    _mm256_storeu_si256((__m256i *)(acc + r * LANES + 8), sum[r][1]);
  }
#else
  for (int r = 0; r < ROWS; r++) {
    const int16_t *w = weights;
    uint32_t sum[LANES];
    for (int c = 0; c < LANES; c++) sum[c] = (uint32_t)bias[c];
    for (int64_t i = 0; i < b->runs; i++) {
      const int16_t *row = x + at[r] + b->starts[i];
      for (int64_t k = 0; k < pairs; k++, w += 2 * LANES) {
        const int32_t x0 = row[2 * k], x1 = row[2 * k + 1];
        for (int c = 0; c < LANES; c++)
          sum[c] += (uint32_t)(x0 * w[2 * c]) + (uint32_t)(x1 * w[2 * c + 1]);
      }
    }
    for (int c = 0; c < LANES; c++) acc[r * LANES + c] = (int32_t)sum[c];
  }
#endif
}

#if HAVE_AVX512
/* As real_tile, of two panels side by side: each value of x is read once for both. Weights and bias of
 * the second lie `apart` and REAL_LANES values behind those of the first, its sums ROWS rows. */
static void two_real_tiles(const double *restrict x, const int64_t *restrict at, const Blocks *b,
                           const double *restrict weights, int64_t apart,
                           const double *restrict bias, double *restrict acc) {
  __m512d first[ROWS], second[ROWS];
  for (int r = 0; r < ROWS; r++) {
    first[r] = _mm512_loadu_pd(bias);
    second[r] = _mm512_loadu_pd(bias + REAL_LANES);
  }
  for (int64_t i = 0; i < b->runs; i++) {
    const double *run = x + b->starts[i], *row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = run + at[r];
    for (int64_t k = 0; k < b->run; k++, weights += REAL_LANES) {
      const __m512d w0 = _mm512_loadu_pd(weights), w1 = _mm512_loadu_pd(weights + apart);
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; r++) {
        const __m512d value = _mm512_set1_pd(row[r][k]);
        first[r] = _mm512_fmadd_pd(value, w0, first[r]);
        second[r] = _mm512_fmadd_pd(value, w1, second[r]);
      }
    }
  }
  for (int r = 0; r < ROWS; r++) {
    _mm512_storeu_pd(acc + r * REAL_LANES, first[r]);
    _mm512_storeu_pd(acc + (ROWS + r) * REAL_LANES, second[r]);
  }
}
#endif

/* acc[ROWS][REAL_LANES] = bias + rows . weights; weights lie as [runs][run][REAL_LANES]. */
static void real_tile(const double *restrict x, const int64_t *restrict at, const Blocks *b,
                      const double *restrict weights, const double *restrict bias,
                      double *restrict acc) {
#if HAVE_AVX512
  __m512d sum[ROWS];
  for (int r = 0; r < ROWS; r++) sum[r] = _mm512_loadu_pd(bias);
  for (int64_t i = 0; i < b->runs; i++) {
    const double *run = x + b->starts[i], *row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = run + at[r];
    for (int64_t k = 0; k < b->run; k++, weights += REAL_LANES) {
      const __m512d w = _mm512_loadu_pd(weights);
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; r++)
        sum[r] = _mm512_fmadd_pd(_mm512_set1_pd(row[r][k]), w, sum[r]);
    }
  }
  for (int r = 0; r < ROWS; r++) _mm512_storeu_pd(acc + r * REAL_LANES, sum[r]);
#elif HAVE_AVX2
  __m256d sum[ROWS][2];
  const __m256d b0 = _mm256_loadu_pd(bias), b1 = _mm256_loadu_pd(bias + 4);
  for (int r = 0; r < ROWS; r++) sum[r][0] = b0, sum[r][1] = b1;
  for (int64_t i = 0; i < b->runs; i++) {
    const double *run = x + b->starts[i], *row[ROWS];
    for (int r = 0; r < ROWS; r++) row[r] = run + at[r];
    for (int64_t k = 0; k < b->run; k++, weights += REAL_LANES) {
      const __m256d w0 = _mm256_loadu_pd(weights), w1 = _mm256_loadu_pd(weights + 4);
#pragma GCC unroll 6
      for (int r = 0; r < ROWS; r++) {
        const __m256d value = _mm256_broadcast_sd(row[r] + k);
        sum[r][0] = _mm256_fmadd_pd(value, w0, sum[r][0]);
        sum[r][1] = _mm256_fmadd_pd(value, w1, sum[r][1]);
      }
    }
  }
  for (int r = 0; r < ROWS; r++) {
    _mm256_storeu_pd(acc + r * REAL_LANES, sum[r][0]);
    _mm256_storeu_pd(acc + r * REAL_LANES + 4, sum[r][1]);
  }
#else
  for (int r = 0; r < ROWS; r++) {
    const double *w = weights;
    double *sum = acc + r * REAL_LANES;
    for (int c = 0; c < REAL_LANES; c++) sum[c] = bias[c];
    for (int64_t i = 0; i < b->runs; i++) {
      const double *row = x + at[r] + b->starts[i];
      for (int64_t k = 0; k < b->run; k++, w += REAL_LANES)
        for (int c = 0; c < REAL_LANES; c++) sum[c] += row[k] * w[c];
    }
  }
#endif
}

#endif
