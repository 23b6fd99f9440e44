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

/* `Scale` is what the positions of a panel of LANES channels share; `requantized` makes the bytes
 * of one position. Both are in the widest vectors that the processor has. */
#if HAVE_AVX512
/* The odd 32-bit values, each in the low half of 64 bits. */
static __m512i odd(__m512i x) { return _mm512_srli_epi64(x, 32); }

/* The even and odd of sixteen 32-bit values, each in the low half of 64 bits, side by side. */
static __m512i together(__m512i even, __m512i odds) {
  return _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odds, 32));
}

/* Of the even and of the odd channels. */
typedef struct {
  __m512i multiplier, by, nudge;
} Factors;

typedef struct {
  Factors even, odd;
  /* Where two roundings follow each other. */
  __m512i left, right, mask, half;
  __m512i zero_point, low, high;
  int rounds_once;
} Scale;

/* (x * multiplier + half a step) >> by. */
static Factors factors(__m512i multiplier, __m512i by) {
  const __m512i one = _mm512_set1_epi64(1);
  return (Factors){multiplier, by, _mm512_sllv_epi64(one, _mm512_sub_epi64(by, one))};
}

static Scale scale_of(const Requantization *q, int64_t first) {
  const __m512i multiplier = _mm512_loadu_si512(q->multiplier + first);
  const __m512i shift = _mm512_loadu_si512(q->shift + first);
  const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1);
  const __m512i by = _mm512_sub_epi32(_mm512_set1_epi32(31), q->rounds_once ? shift : zero);
  const __m512i even = _mm512_and_si512(by, _mm512_set1_epi64(0xFFFFFFFF));
  const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
  const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
  return (Scale){
      .even = factors(multiplier, even),
      .odd = factors(odd(multiplier), odd(by)),
      .left = _mm512_max_epi32(shift, zero),
      .right = right,
      .mask = mask,
      .half = _mm512_srli_epi32(mask, 1),
      .zero_point = _mm512_set1_epi32(q->zero_point),
      .low = _mm512_set1_epi32(q->low),
      .high = _mm512_set1_epi32(q->high),
      .rounds_once = q->rounds_once,
  };
}

static __m512i multiplied(__m512i x, const Factors *f) {
  return _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, f->multiplier), f->nudge), f->by);
}

static __m512i scaled(__m512i x, const Scale *s) {
  if (!s->rounds_once) x = _mm512_sllv_epi32(x, s->left);
  x = together(multiplied(x, &s->even), multiplied(odd(x), &s->odd));
  if (s->rounds_once) return x;
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i threshold = _mm512_sub_epi32(s->half, _mm512_srai_epi32(x, 31));
  const __mmask16 above = _mm512_cmpgt_epi32_mask(_mm512_and_si512(x, s->mask), threshold);
  const __m512i y = _mm512_srav_epi32(x, s->right);
  return _mm512_mask_add_epi32(y, above, y, one);
}

static void requantized(const int32_t *acc, const Scale *s, uint8_t *bytes) {
  const __m512i moved = _mm512_add_epi32(scaled(_mm512_loadu_si512(acc), s), s->zero_point);
  const __m512i inside = _mm512_min_epi32(_mm512_max_epi32(moved, s->low), s->high);
  _mm_storeu_si128((__m128i *)bytes, _mm512_cvtepi32_epi8(inside));
}
#elif HAVE_AVX2
/* The even and odd of eight 32-bit values, each in the low half of 64 bits, side by side again. */
static __m256i together(__m256i even, __m256i odd) {
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

static __m256i odd(__m256i x) { return _mm256_srli_epi64(x, 32); }

/* Of the even and of the odd channels; `sign` is the sign's place behind the shift. */
typedef struct {
  __m256i multiplier, by, nudge, sign;
} Factors;

/* Of eight channels. */
typedef struct {
  Factors even, odd;
  /* Where two roundings follow each other. */
  __m256i left, right, mask, half;
} HalfScale;

typedef struct {
  HalfScale halves[2];
  int32_t zero_point, low, high;
  int rounds_once;
} Scale;

/* (x * multiplier + half a step) >> by. */
static Factors factors(__m256i multiplier, __m256i by) {
  const __m256i one = _mm256_set1_epi64x(1);
  return (Factors){multiplier, by, _mm256_sllv_epi64(one, _mm256_sub_epi64(by, one)),
                   _mm256_sllv_epi64(one, _mm256_sub_epi64(_mm256_set1_epi64x(63), by))};
}

static HalfScale half_scale_of(const Requantization *q, int64_t first) {
  const __m256i multiplier = _mm256_loadu_si256((const __m256i *)(q->multiplier + first));
  const __m256i shift = _mm256_loadu_si256((const __m256i *)(q->shift + first));
  const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1);
  const __m256i by = _mm256_sub_epi32(_mm256_set1_epi32(31), q->rounds_once ? shift : zero);
  const __m256i even = _mm256_and_si256(by, _mm256_set1_epi64x(0xFFFFFFFF));
  const __m256i right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
  return (HalfScale){
      .even = factors(multiplier, even),
      .odd = factors(odd(multiplier), odd(by)),
      .left = _mm256_max_epi32(shift, zero),
      .right = right,
      .mask = mask,
      .half = _mm256_srli_epi32(mask, 1),
  };
}

static Scale scale_of(const Requantization *q, int64_t first) {
  return (Scale){
      .halves = {half_scale_of(q, first), half_scale_of(q, first + LANES / 2)},
      .zero_point = q->zero_point,
      .low = q->low,
      .high = q->high,
      .rounds_once = q->rounds_once,
  };
}

/* The low 32 bits; AVX2 shifts 64 bits without their sign. */
static __m256i multiplied(__m256i x, const Factors *f) {
  const __m256i product = _mm256_mul_epi32(x, f->multiplier);
  const __m256i sum = _mm256_srlv_epi64(_mm256_add_epi64(product, f->nudge), f->by);
  return _mm256_sub_epi64(_mm256_xor_si256(sum, f->sign), f->sign);
}

static __m256i scaled(__m256i x, const HalfScale *s, int rounds_once) {
  if (!rounds_once) x = _mm256_sllv_epi32(x, s->left);
  x = together(multiplied(x, &s->even), multiplied(odd(x), &s->odd));
  if (rounds_once) return x;
  const __m256i threshold = _mm256_sub_epi32(s->half, _mm256_srai_epi32(x, 31));
  const __m256i above = _mm256_cmpgt_epi32(_mm256_and_si256(x, s->mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(x, s->right), above);
}

static __m256i inside(const int32_t *acc, const Scale *s, int half) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)acc + half);
  const __m256i y = scaled(x, &s->halves[half], s->rounds_once);
  const __m256i moved = _mm256_add_epi32(y, _mm256_set1_epi32(s->zero_point));
  return _mm256_min_epi32(_mm256_max_epi32(moved, _mm256_set1_epi32(s->low)),
                          _mm256_set1_epi32(s->high));
}

static void requantized(const int32_t *acc, const Scale *s, uint8_t *bytes) {
  /* Packing works within halves of 128 bits: their order is mended before the second one. */
  const __m256i packed = _mm256_packs_epi32(inside(acc, s, 0), inside(acc, s, 1));
  const __m256i words =
      _mm256_and_si256(_mm256_permute4x64_epi64(packed, 0xD8), _mm256_set1_epi16(0xFF));
  _mm_storeu_si128((__m128i *)bytes, _mm_packus_epi16(_mm256_castsi256_si128(words),
                                                      _mm256_extracti128_si256(words, 1)));
}
#else
typedef struct {
  Requantization of;
  int64_t first;
} Scale;

static Scale scale_of(const Requantization *q, int64_t first) { return (Scale){*q, first}; }

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

static void requantized(const int32_t *acc, const Scale *s, uint8_t *bytes) {
  const Requantization *q = &s->of;
  for (int c = 0; c < LANES; c++) {
    const int64_t at = s->first + c;
    const int32_t x = scaled(acc[c], q->multiplier[at], q->shift[at], q->rounds_once);
    int32_t y = (int32_t)((uint32_t)x + (uint32_t)q->zero_point);
    y = y < q->low ? q->low : y;
    bytes[c] = (uint8_t)(y > q->high ? q->high : y);
  }
}
#endif

/* MultiplyByQuantizedMultiplier of LANES channels from `first` on plus the zero-point, within low
 * and high, at `count` positions: the first `lanes` are written, a position's `channels` bytes
 * behind those of the one before. */
static void requantize(const int32_t *acc, int64_t count, const Requantization *q, int64_t first,
                       int64_t lanes, int64_t channels, uint8_t *out) {
  const Scale scale = scale_of(q, first);
  for (int64_t i = 0; i < count; i++, acc += LANES, out += channels) {
    if (lanes == LANES) {
      requantized(acc, &scale, out);
    } else {
      uint8_t bytes[LANES];
      requantized(acc, &scale, bytes);
      memcpy(out, bytes, (size_t)lanes);
    }
  }
}

#endif
