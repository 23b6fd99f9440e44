/* From int32 accumulators to bytes, with the integers of arith/requantize.py. */
#ifndef MENDLITE_REQUANTIZE_H
#define MENDLITE_REQUANTIZE_H

#include <stdint.h>
#include <string.h>

#include "vectors.h"

/* The requantization of int32 accumulators, by channel: TFLite's fixed-point multiplication. */
typedef struct {
  const int32_t *multiplier, *shift;
  int32_t zero_point, low, high;
  int32_t rounds_once;
} Requantization;

#if HAVE_AVX512
/* The odd 32-bit values, each in the low half of 64 bits. */
static __m512i odd(__m512i x) { return _mm512_srli_epi64(x, 32); }

/* The even and odd of sixteen 32-bit values, each in the low half of 64 bits, side by side again. */
static __m512i together(__m512i even, __m512i odds) {
  return _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odds, 32));
}

/* (x * multiplier + half a step) >> by, of the even values. */
static __m512i shifted(__m512i x, __m512i multiplier, __m512i by) {
  const __m512i one = _mm512_set1_epi64(1);
  const __m512i nudge = _mm512_sllv_epi64(one, _mm512_sub_epi64(by, one));
  return _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, multiplier), nudge), by);
}

static __m512i scaled_once(__m512i x, __m512i multiplier, __m512i shift) {
  const __m512i by = _mm512_sub_epi32(_mm512_set1_epi32(31), shift);
  const __m512i even = _mm512_and_si512(by, _mm512_set1_epi64(0xFFFFFFFF));
  return together(shifted(x, multiplier, even), shifted(odd(x), odd(multiplier), odd(by)));
}

static __m512i scaled_twice(__m512i x, __m512i multiplier, __m512i shift) {
  const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
  const __m512i by = _mm512_set1_epi64(31);
  x = _mm512_sllv_epi32(x, _mm512_max_epi32(shift, zero));
  x = together(shifted(x, multiplier, by), shifted(odd(x), odd(multiplier), by));
  const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
  const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
  const __m512i threshold =
      _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(x, 31));
  const __mmask16 above = _mm512_cmpgt_epi32_mask(_mm512_and_si512(x, mask), threshold);
  const __m512i y = _mm512_srav_epi32(x, right);
  return _mm512_mask_add_epi32(y, above, y, one);
}

static void requantized(const int32_t *acc, const Requantization *q, int64_t first,
                        uint8_t *bytes) {
  const __m512i x = _mm512_loadu_si512(acc), by = _mm512_loadu_si512(q->multiplier + first);
  const __m512i shift = _mm512_loadu_si512(q->shift + first);
  const __m512i y = q->rounds_once ? scaled_once(x, by, shift) : scaled_twice(x, by, shift);
  const __m512i moved = _mm512_add_epi32(y, _mm512_set1_epi32(q->zero_point));
  const __m512i raised = _mm512_max_epi32(moved, _mm512_set1_epi32(q->low));
  const __m512i inside = _mm512_min_epi32(raised, _mm512_set1_epi32(q->high));
  _mm_storeu_si128((__m128i *)bytes, _mm512_cvtepi32_epi8(inside));
}
#elif HAVE_AVX2
/* The low 32 bits of (product + nudge) >> total of four 64-bit products. */
static __m256i shifted(__m256i product, __m256i nudge, __m256i total, __m256i sign) {
  const __m256i sum = _mm256_srlv_epi64(_mm256_add_epi64(product, nudge), total);
  return _mm256_sub_epi64(_mm256_xor_si256(sum, sign), sign);
}

/* The even and odd of eight 32-bit values, each in the low half of 64 bits, side by side again. */
static __m256i together(__m256i even, __m256i odd) {
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

static __m256i scaled_once(__m256i x, __m256i multiplier, __m256i shift) {
  const __m256i one = _mm256_set1_epi64x(1), half = _mm256_set1_epi64x(0xFFFFFFFF);
  const __m256i total = _mm256_sub_epi32(_mm256_set1_epi32(31), shift);
  __m256i part[2];
  for (int odd = 0; odd < 2; odd++) {
    const __m256i by = odd ? _mm256_srli_epi64(total, 32) : _mm256_and_si256(total, half);
    const __m256i product =
        odd ? _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32))
            : _mm256_mul_epi32(x, multiplier);
    const __m256i nudge = _mm256_sllv_epi64(one, _mm256_sub_epi64(by, one));
    const __m256i sign = _mm256_sllv_epi64(one, _mm256_sub_epi64(_mm256_set1_epi64x(63), by));
    part[odd] = shifted(product, nudge, by, sign);
  }
  return together(part[0], part[1]);
}

static __m256i scaled_twice(__m256i x, __m256i multiplier, __m256i shift) {
  const __m256i zero = _mm256_setzero_si256(), nudge = _mm256_set1_epi64x(1 << 30);
  x = _mm256_sllv_epi32(x, _mm256_max_epi32(shift, zero));
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), nudge);
  const __m256i odd = _mm256_add_epi64(
      _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), nudge);
  x = together(_mm256_srli_epi64(even, 31), _mm256_srli_epi64(odd, 31));
  const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero);
  const __m256i mask =
      _mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(1), right), _mm256_set1_epi32(1));
  const __m256i threshold =
      _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(x, 31));
  const __m256i above = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(x, right), above);
}

static __m256i scaled(const int32_t *acc, const Requantization *q, int64_t first) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)acc);
  const __m256i by = _mm256_loadu_si256((const __m256i *)(q->multiplier + first));
  const __m256i shift = _mm256_loadu_si256((const __m256i *)(q->shift + first));
  const __m256i y = q->rounds_once ? scaled_once(x, by, shift) : scaled_twice(x, by, shift);
  const __m256i moved = _mm256_add_epi32(y, _mm256_set1_epi32(q->zero_point));
  return _mm256_min_epi32(_mm256_max_epi32(moved, _mm256_set1_epi32(q->low)),
                          _mm256_set1_epi32(q->high));
}

static void requantized(const int32_t *acc, const Requantization *q, int64_t first,
                        uint8_t *bytes) {
  /* Packing works within halves of 128 bits: their order is mended before the second one. */
  const __m256i packed = _mm256_packs_epi32(scaled(acc, q, first), scaled(acc + 8, q, first + 8));
  const __m256i words = _mm256_and_si256(_mm256_permute4x64_epi64(packed, 0xD8),
                                         _mm256_set1_epi16(0xFF));
  _mm_storeu_si128((__m128i *)bytes, _mm_packus_epi16(_mm256_castsi256_si128(words),
                                                      _mm256_extracti128_si256(words, 1)));
}
#else
/* Shifts of negative numbers are made of unsigned ones, which C defines. */
static int32_t scaled(int32_t acc, int32_t multiplier, int32_t shift, int32_t rounds_once) {
  if (rounds_once) {
    const uint64_t total = (uint64_t)(31 - shift);
    const uint64_t sum = (uint64_t)((int64_t)acc * multiplier) + (UINT64_C(1) << (total - 1));
    const uint64_t sign = UINT64_C(1) << (63 - total);
    return (int32_t)(uint32_t)(((sum >> total) ^ sign) - sign);
  }
  const int32_t left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
  const int32_t wide = (int32_t)((uint32_t)acc << left);
  const uint64_t sum = (uint64_t)((int64_t)wide * multiplier) + (UINT64_C(1) << 30);
  const int32_t x = (int32_t)(uint32_t)(sum >> 31);
  const int32_t mask = (int32_t)((UINT32_C(1) << right) - 1);
  const int32_t threshold = (int32_t)((uint32_t)mask >> 1) + (x < 0);
  return (x >> right) + ((x & mask) > threshold);
}

static void requantized(const int32_t *acc, const Requantization *q, int64_t first,
                        uint8_t *bytes) {
  for (int c = 0; c < LANES; c++) {
    const int32_t x = scaled(acc[c], q->multiplier[first + c], q->shift[first + c], q->rounds_once);
    int32_t y = (int32_t)((uint32_t)x + (uint32_t)q->zero_point);
    y = y < q->low ? q->low : y;
    bytes[c] = (uint8_t)(y > q->high ? q->high : y);
  }
}
#endif

/* MultiplyByQuantizedMultiplier of LANES channels from `first` on plus the zero-point, within low
 * and high; the first `lanes` are written. */
static void requantize(const int32_t *acc, const Requantization *q, int64_t first, int64_t lanes,
                       uint8_t *out) {
  uint8_t bytes[LANES];
  if (lanes == LANES) {
    requantized(acc, q, first, out);
    return;
  }
  requantized(acc, q, first, bytes);
  memcpy(out, bytes, (size_t)lanes);
}

#endif
