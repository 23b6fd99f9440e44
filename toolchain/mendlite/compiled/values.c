/* Tables, sums, pools, softmax, resizing, magnitudes and conversions over batches of samples, with the values
 * of numpy's kernels (arith/pooling.py, softmax.py, bilinear.py, conversion.py).
 *
 * Numbers are whole, but for QUANTIZE, whose float32 steps are each rounded, and the comparisons of
 * float32 pools.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "window.h"

#if defined(__AVX2__)
#include <immintrin.h>
#define HAVE_AVX2 1
#else
#define HAVE_AVX2 0
#endif

/* Values that a pool, a resizing or a conversion computes together, in vectors of the compiler's:
 * up to 32 bytes, as it takes longer ones apart. */
enum { BLOCK = 16, WIDE_BLOCK = 8 };

#define VECTOR(NAME, COUNT, TYPE)                                                                  \
  typedef TYPE NAME __attribute__((vector_size((COUNT) * sizeof(TYPE))))
VECTOR(Int8s, BLOCK, int8_t);
VECTOR(Uint8s, BLOCK, uint8_t);
VECTOR(Int16s, BLOCK, int16_t);
VECTOR(Int32s, WIDE_BLOCK, int32_t);
VECTOR(Floats, WIDE_BLOCK, float);
VECTOR(FewUint8s, WIDE_BLOCK, uint8_t);
VECTOR(FewInt16s, WIDE_BLOCK, int16_t);

#define TO(VECTORS, VALUES) __builtin_convertvector(VALUES, VECTORS)

/* A where MASK (all bits set or none, of the same width) is, else B. */
#define EITHER(MASK, A, B) (((MASK) & (A)) | (~(MASK) & (B)))

/* Values within low and high. */
static Int32s within(Int32s x, int32_t low, int32_t high) {
  const Int32s least = (Int32s){0} + low, most = (Int32s){0} + high;
  x = EITHER(x < least, least, x);
  return EITHER(x > most, most, x);
}

/* The low bytes of whole numbers. */
static FewUint8s low_bytes(Int32s x) {
#if HAVE_AVX2
  const __m256i lanes = _mm256_shuffle_epi8((__m256i)x, _mm256_set1_epi32(0x0C080400));
  const __m128i both = _mm_unpacklo_epi32(_mm256_castsi256_si128(lanes),
                                          _mm256_extracti128_si256(lanes, 1));
  const int64_t bytes = _mm_cvtsi128_si64(both);
  FewUint8s result;
  memcpy(&result, &bytes, sizeof result);
  return result;
#else
  return TO(FewUint8s, x);
#endif
}

static FewInt16s low_words(Int32s x) { return TO(FewInt16s, x); }

enum { AXES = 4 };

/* out[i] = table[x[i]]: bytes to bytes, bytes to float32, 16 bits to 16 bits. */
#define LOOK_UP(NAME, FROM, TO)                                                                    \
  void NAME(const TO *restrict table, const FROM *restrict x, int64_t count, TO *restrict out) {   \
    for (int64_t i = 0; i < count; i++) out[i] = table[x[i]];                                      \
  }

LOOK_UP(look_up_bytes, uint8_t, uint8_t)
LOOK_UP(look_up_floats, uint8_t, float)
LOOK_UP(look_up_words, uint16_t, uint16_t)

/* Two arrays of bytes that broadcast to the extents; the strides of one that repeats are 0. */
typedef struct {
  int64_t extent[AXES], first[AXES], second[AXES];
} Pairs;

static void look_up_line(const uint8_t *restrict table, const uint8_t *restrict x,
                         const uint8_t *restrict y, const Pairs *p, uint8_t *restrict out) {
  const int64_t count = p->extent[AXES - 1];
  if (p->first[AXES - 1] == 0) {
    const uint8_t *row = table + ((size_t)x[0] << 8);
    for (int64_t i = 0; i < count; i++) out[i] = row[y[i]];
  } else if (p->second[AXES - 1] == 0) {
    const uint8_t *column = table + y[0];
    for (int64_t i = 0; i < count; i++) out[i] = column[(size_t)x[i] << 8];
  } else {
    for (int64_t i = 0; i < count; i++) out[i] = table[(size_t)x[i] << 8 | y[i]];
  }
}

/* out = table[first][second] for bytes; along the last axis an array lies together or repeats. */
void look_up_pairs(const uint8_t *restrict table, const uint8_t *restrict first,
                   const uint8_t *restrict second, const Pairs *p, uint8_t *restrict out) {
  for (int64_t i = 0; i < p->extent[0]; i++)
    for (int64_t j = 0; j < p->extent[1]; j++)
      for (int64_t k = 0; k < p->extent[2]; k++) {
        const uint8_t *x = first + i * p->first[0] + j * p->first[1] + k * p->first[2];
        const uint8_t *y = second + i * p->second[0] + j * p->second[1] + k * p->second[2];
        look_up_line(table, x, y, p, out);
        out += p->extent[AXES - 1];
      }
}

/* The taps of an output position that lie inside the input: `first` to before `last`. */
typedef struct {
  int64_t first, last;
} Taps;

static Taps inside(int64_t at, int64_t dilation, int64_t size, int64_t extent) {
  Taps taps = {0, size};
  while (taps.first < size && at + taps.first * dilation < 0) taps.first++;
  while (taps.last > taps.first && at + (taps.last - 1) * dilation >= extent) taps.last--;
  return taps;
}

/* Each output position of the window: calls LINE with the input rows under it, then POSITION with
 * its taps and the first column of the window. */
#define EACH_POSITION(STEP, LINE, POSITION)                                                        \
  for (int64_t n = 0; n < w->samples; n++, x += w->height * width)                                 \
    for (int64_t i = 0; i < w->out_height; i++, out += w->out_width * depth) {                     \
      const int64_t top = i * w->stride_height - w->top;                                           \
      const Taps rows = inside(top, w->dilation_height, w->kernel_height, w->height);              \
      LINE                                                                                         \
      for (int64_t j = 0; j < w->out_width; j++) {                                                 \
        const int64_t left = j * w->stride_width - w->left;                                        \
        const Taps columns = inside(left, w->dilation_width, w->kernel_width, w->width);           \
        for (int64_t c = 0; c < depth; c += STEP) POSITION                                         \
      }                                                                                            \
      memcpy(out, outputs, (size_t)(w->out_width * depth) * sizeof *out);                          \
    }

/* What a pool needs: a line of input and one of output, each with room for a block behind it, so
 * that every block is whole. -1 of the pool where there is no memory. */
#define LINES(WIDE, TYPE)                                                                          \
  const int64_t depth = w->depth, width = w->width * depth;                                        \
  WIDE *restrict line = calloc((size_t)(width + BLOCK), sizeof *line);                             \
  TYPE *restrict outputs = calloc((size_t)(w->out_width * depth + BLOCK), sizeof *outputs);        \
  if (line == NULL || outputs == NULL) {                                                           \
    free(line);                                                                                    \
    free(outputs);                                                                                 \
    return -1;                                                                                     \
  }

/* The inputs under tap `a` of a line, and those under tap `b` of a block in it. */
#define ROW(A) (x + (top + (A) * w->dilation_height) * width)
#define TAP(B) (line + (left + (B) * w->dilation_width) * depth + c)

#define ABOVE(A, B) ((A) > (B))
/* NaN stays, as in numpy's maximum. */
#define ABOVE_FLOAT(A, B) (((A) > (B)) | ((A) != (A)))

/* MAX_POOL_2D: the largest value of each window, within low and high. MASKS is the vector of whole
 * numbers as wide as VECTORS. */
#define MAX_POOL(NAME, TYPE, VECTORS, MASKS, LEAST, IS_ABOVE)                                      \
  int NAME(const TYPE *restrict x, const Window *w, TYPE low, TYPE high, TYPE *restrict out) {     \
    const VECTORS lowest = (VECTORS){0} + low, highest = (VECTORS){0} + high;                      \
    LINES(TYPE, TYPE)                                                                              \
    EACH_POSITION(                                                                                 \
        (int64_t)(sizeof(VECTORS) / sizeof(TYPE)),                                                 \
        for (int64_t k = 0; k < width; k++) line[k] = LEAST;                                       \
        for (int64_t a = rows.first; a < rows.last; a++) {                                         \
          const TYPE *from = ROW(a);                                                               \
          for (int64_t k = 0; k < width; k++)                                                      \
            line[k] = IS_ABOVE(from[k], line[k]) ? from[k] : line[k];                              \
        },                                                                                         \
        {                                                                                          \
          VECTORS largest = lowest;                                                                \
          for (int64_t b = columns.first; b < columns.last; b++) {                                 \
            VECTORS from;                                                                          \
            memcpy(&from, TAP(b), sizeof from);                                                    \
            const MASKS mask = (MASKS)IS_ABOVE(from, largest);                                     \
            largest = (VECTORS)EITHER(mask, (MASKS)from, (MASKS)largest);                          \
          }                                                                                        \
          const MASKS mask = (MASKS)(largest > highest);                                           \
          largest = (VECTORS)EITHER(mask, (MASKS)highest, (MASKS)largest);                         \
          memcpy(outputs + j * depth + c, &largest, sizeof largest);                               \
        })                                                                                         \
    free(line);                                                                                    \
    free(outputs);                                                                                 \
    return 0;                                                                                      \
  }

MAX_POOL(max_pool_int8, int8_t, Int8s, Int8s, INT8_MIN, ABOVE)
MAX_POOL(max_pool_uint8, uint8_t, Uint8s, Uint8s, 0, ABOVE)
MAX_POOL(max_pool_int16, int16_t, Int16s, Int16s, INT16_MIN, ABOVE)
MAX_POOL(max_pool_float, float, Floats, Int32s, -__builtin_inff(), ABOVE_FLOAT)

/* Half away from zero. The quotient of whole numbers below 2**31 is rounded in double, but never up
 * to the next whole one: it is cut off there as in integers. */
static Int32s mean_of(Int32s total, double count, int32_t half) {
  const Int32s sign = total >> 31, magnitude = (total ^ sign) - sign;
  Int32s mean;
  for (int k = 0; k < WIDE_BLOCK; k++) mean[k] = (int32_t)((double)(magnitude[k] + half) / count);
  return (mean ^ sign) - sign;
}

/* AVERAGE_POOL_2D: the mean of the window's part inside the input; 0 of an empty part. */
#define AVERAGE_POOL(NAME, TYPE, VECTORS, NARROW)                                                  \
  int NAME(const TYPE *restrict x, const Window *w, int32_t low, int32_t high,                     \
           TYPE *restrict out) {                                                                   \
    LINES(int32_t, TYPE)                                                                           \
    EACH_POSITION(                                                                                 \
        WIDE_BLOCK,                                                                                \
        memset(line, 0, (size_t)width * sizeof *line);                                             \
        for (int64_t a = rows.first; a < rows.last; a++) {                                         \
          const TYPE *from = ROW(a);                                                               \
          for (int64_t k = 0; k < width; k++) line[k] += from[k];                                  \
        },                                                                                         \
        {                                                                                          \
          const int64_t count = (rows.last - rows.first) * (columns.last - columns.first);         \
          const double by = (double)(count > 0 ? count : 1);                                       \
          Int32s sums = {0};                                                                       \
          for (int64_t b = columns.first; b < columns.last; b++) {                                 \
            Int32s from;                                                                           \
            memcpy(&from, TAP(b), sizeof from);                                                    \
            sums += from;                                                                          \
          }                                                                                        \
          sums = within(mean_of(sums, by, (int32_t)(count / 2)), low, high);                       \
          const VECTORS means = NARROW(sums);                                                      \
          memcpy(outputs + j * depth + c, &means, sizeof means);                                   \
        })                                                                                         \
    free(line);                                                                                    \
    free(outputs);                                                                                 \
    return 0;                                                                                      \
  }

AVERAGE_POOL(average_pool_int8, int8_t, FewUint8s, low_bytes)
AVERAGE_POOL(average_pool_uint8, uint8_t, FewUint8s, low_bytes)
AVERAGE_POOL(average_pool_int16, int16_t, FewInt16s, low_words)

/* Sums over the middle axis of (outer, count, inner); they wrap. */
void sum_int8(const int8_t *restrict x, int64_t outer, int64_t count, int64_t inner,
              int32_t *restrict out) {
  memset(out, 0, (size_t)(outer * inner) * sizeof *out);
  for (int64_t i = 0; i < outer; i++, out += inner)
    for (int64_t j = 0; j < count; j++, x += inner)
      for (int64_t k = 0; k < inner; k++) out[k] = (int32_t)((uint32_t)out[k] + (uint32_t)x[k]);
}

#if HAVE_AVX2
enum { BYTES = 16 };

/* The place of the first of the largest bytes of a row of BYTES or more, each flipped by `sign`. */
static int64_t first_largest(const uint8_t *x, int64_t depth, __m128i sign) {
  const __m128i ones = _mm_set1_epi8(-1), inverted = _mm_xor_si128(sign, ones);
  __m128i least = ones;
  /* The last block ends with the row. */
  for (int64_t k = 0; k < depth; k += BYTES) {
    const int64_t at = k + BYTES <= depth ? k : depth - BYTES;
    const __m128i block = _mm_loadu_si128((const __m128i *)(x + at));
    least = _mm_min_epu8(least, _mm_xor_si128(block, inverted));
  }
  const __m128i halves = _mm_min_epu8(least, _mm_srli_epi16(least, 8));
  const __m128i most = _mm_set1_epi8((char)~_mm_cvtsi128_si32(_mm_minpos_epu16(halves)));
  const __m128i largest = _mm_xor_si128(most, sign);
  for (int64_t k = 0;; k += BYTES) {
    const int64_t at = k + BYTES <= depth ? k : depth - BYTES;
    const __m128i block = _mm_loadu_si128((const __m128i *)(x + at));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(block, largest));
    if (found != 0) return at + __builtin_ctz((unsigned)found);
  }
}
#endif

/* ARG_MAX over the last axis: of equal values the first. */
#define ARG_MAX(NAME, TYPE, SIGN)                                                                  \
  void NAME(const TYPE *restrict x, int64_t rows, int64_t depth, int64_t *restrict out) {          \
    for (int64_t i = 0; i < rows; i++, x += depth) {                                               \
      LONG_ROW(SIGN)                                                                               \
      int64_t place = 0;                                                                           \
      for (int64_t k = 1; k < depth; k++) place = x[k] > x[place] ? k : place;                     \
      out[i] = place;                                                                              \
    }                                                                                              \
  }

#if HAVE_AVX2
#define LONG_ROW(SIGN)                                                                             \
  if (depth >= BYTES) {                                                                            \
    out[i] = first_largest((const uint8_t *)x, depth, _mm_set1_epi8(SIGN));                        \
    continue;                                                                                      \
  }
#else
#define LONG_ROW(SIGN)
#endif

ARG_MAX(arg_max_int8, int8_t, INT8_MIN)
ARG_MAX(arg_max_uint8, uint8_t, 0)

/* (ab + 2**30) >> 31 of int32, saturated: gemmlowp's doubling high product. */
static int64_t high_product(int64_t a, int64_t b) {
  const int64_t product = (a * b + (INT64_C(1) << 30)) >> 31;
  return product > INT32_MAX ? INT32_MAX : product;
}

/* x / 2**power, half away from zero; power is at most 62. */
static int64_t divided(int64_t x, int64_t power) {
  const int64_t mask = (INT64_C(1) << power) - 1;
  return (x >> power) + ((x & mask) > (mask >> 1) + (x < 0));
}

static int64_t saturated_left(int64_t x, int bits) {
  const int64_t wide = x * (INT64_C(1) << bits);
  return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide;
}

/* 1 / (1 + x) of Q0.31 in [0, 1): arith/exponential.py. */
static int64_t one_over_one_plus(int64_t x) {
  const int64_t half = (x + INT32_MAX + 1) / 2;
  int64_t estimate = 1515870810 + high_product(half, -1010580540);
  for (int i = 0; i < 3; i++) {
    const int64_t left = (1 << 29) - high_product(half, estimate);
    estimate += saturated_left(high_product(estimate, left), 2);
  }
  return saturated_left(estimate, 1);
}

/* SOFTMAX of int8 over the last axis. `exps` [256], in Q0.31, are by the difference from the row's
 * largest value; those of the differences from `counted` on are 0 and their shares -128. */
void softmax_int8(const int8_t *restrict x, int64_t rows, int64_t depth,
                  const int32_t *restrict exps, int32_t counted, int8_t *restrict out) {
  for (int64_t i = 0; i < rows; i++, x += depth, out += depth) {
    int8_t largest = x[0];
    for (int64_t k = 1; k < depth; k++) largest = x[k] > largest ? x[k] : largest;
    int64_t total = 0;
    for (int64_t k = 0; k < depth; k++) total += divided(exps[largest - x[k]], 12);
    const int64_t headroom = __builtin_clzll((uint64_t)total) - 32;
    const int64_t scale = one_over_one_plus((total << headroom) - (INT64_C(1) << 31));
    for (int64_t k = 0; k < depth; k++) {
      const int32_t below = largest - x[k];
      const int64_t share = divided(high_product(scale, exps[below]), 12 - headroom + 31 - 8) - 128;
      out[k] = (int8_t)(below >= counted ? -128 : share > 127 ? 127 : share);
    }
  }
}

/* Along one axis the two positions that each new one lies between, and how far from the first in
 * 2**-10 (arith/bilinear.py). */
typedef struct {
  const int64_t *low, *high;
  const int32_t *part;
  int64_t extent, wanted;
} Between;

/* A block of one output position between `left` and `right`, half away from zero. */
static void resize_block(const int32_t *left, const int32_t *right, int32_t across, int8_t *to) {
  Int32s from, until;
  memcpy(&from, left, sizeof from);
  memcpy(&until, right, sizeof until);
  const Int32s total = from * 1024 + (until - from) * across, sign = total >> 31;
  const Int32s rounded = (((total ^ sign) - sign) + (1 << 19)) >> 20;
  const FewUint8s values = low_bytes((rounded ^ sign) - sign);
  memcpy(to, &values, sizeof values);
}

/* RESIZE_BILINEAR of int8 (images, height, width, depth): rows are weighted first, then columns.
 * Returns -1 where there is no memory for a line. */
int resize_int8(const int8_t *restrict x, int64_t images, int64_t depth, const Between *rows,
                const Between *columns, int8_t *restrict out) {
  const int64_t width = columns->extent * depth, row = columns->wanted * depth;
  int32_t *restrict line = calloc((size_t)(width + BLOCK), sizeof *line);
  int8_t *restrict outputs = calloc((size_t)(row + BLOCK), sizeof *outputs);
  const int enough = line != NULL && outputs != NULL;
  for (int64_t n = 0; enough && n < images; n++, x += rows->extent * width)
    for (int64_t i = 0; i < rows->wanted; i++, out += row) {
      const int8_t *low = x + rows->low[i] * width, *high = x + rows->high[i] * width;
      const int32_t down = rows->part[i];
      for (int64_t k = 0; k < width; k++) line[k] = low[k] * 1024 + (high[k] - low[k]) * down;
      for (int64_t j = 0; j < columns->wanted; j++)
        for (int64_t c = 0; c < depth; c += WIDE_BLOCK)
          resize_block(line + columns->low[j] * depth + c, line + columns->high[j] * depth + c,
                       columns->part[j], outputs + j * depth + c);
      memcpy(out, outputs, (size_t)row);
    }
  free(line);
  free(outputs);
  return enough ? 0 : -1;
}

/* The largest magnitude in each row of float32; NaN where the row holds one, 0 of an empty row.
 * Without their sign bit the bits of floats are ordered as the floats are, and NaN is above all. */
void largest_magnitudes(const float *restrict x, int64_t rows, int64_t depth, float *restrict out) {
  for (int64_t i = 0; i < rows; i++, x += depth) {
    uint32_t largest = 0;
    for (int64_t k = 0; k < depth; k++) {
      uint32_t bits;
      memcpy(&bits, x + k, sizeof bits);
      bits &= INT32_MAX;
      largest = bits > largest ? bits : largest;
    }
    memcpy(out + i, &largest, sizeof largest);
  }
}

/* QUANTIZE of float32: clamp(round(x / scale) + zero_point), half away from zero; NaN is 0. The
 * quotient is cut off at 2**22, behind which every value is clamped. */
static Int32s quantized(Floats x, float scale, int32_t zero_point, int32_t low, int32_t high) {
  const Floats quotient = x / scale, far = (Floats){0} + 4194304.0F;
  const Int32s number = quotient == quotient;
  const Int32s above = EITHER(quotient > -far, (Int32s)quotient, (Int32s)-far);
  const Int32s below = (Floats)above < far;
  const Floats near = (Floats)EITHER(below, above, (Int32s)far);
  const Int32s cut = TO(Int32s, near);
  const Floats rest = near - TO(Floats, cut);
  const Int32s rounded = cut - (rest >= 0.5F) + (rest <= -0.5F);
  return within(rounded + zero_point, low, high) & number;
}

#define QUANTIZE(NAME, TYPE, VECTORS, NARROW, LEAST, MOST)                                         \
  void NAME(const float *restrict x, int64_t count, float scale, int32_t zero_point,               \
            TYPE *restrict out) {                                                                  \
    int64_t i = 0;                                                                                 \
    Floats block = {0};                                                                            \
    for (; i + WIDE_BLOCK <= count; i += WIDE_BLOCK) {                                             \
      memcpy(&block, x + i, sizeof block);                                                         \
      const VECTORS values = NARROW(quantized(block, scale, zero_point, LEAST, MOST));             \
      memcpy(out + i, &values, sizeof values);                                                     \
    }                                                                                              \
    memcpy(&block, x + i, (size_t)(count - i) * sizeof *x);                                        \
    const VECTORS values = NARROW(quantized(block, scale, zero_point, LEAST, MOST));               \
    memcpy(out + i, &values, (size_t)(count - i) * sizeof *out);                                   \
  }

QUANTIZE(quantize_int8, int8_t, FewUint8s, low_bytes, INT8_MIN, INT8_MAX)
QUANTIZE(quantize_uint8, uint8_t, FewUint8s, low_bytes, 0, UINT8_MAX)
QUANTIZE(quantize_int16, int16_t, FewInt16s, low_words, INT16_MIN, INT16_MAX)
