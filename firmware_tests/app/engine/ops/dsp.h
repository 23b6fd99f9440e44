/* The instructions on pairs of 16-bit values that Arm's DSP extension has (Cortex-M4, M7, M33).
 *
 * MENDLITE_HAS_DSP is 1 where they are used: by cores that have them and no vectors (mve.h), unless
 * MENDLITE_PORTABLE is defined, and by tests, which define MENDLITE_EMULATED_DSP.
 */
#ifndef MENDLITE_DSP_H
#define MENDLITE_DSP_H

#include <stdint.h>
#include <string.h>

#include "engine/ops/mve.h"

#if defined(MENDLITE_EMULATED_DSP)
#define MENDLITE_HAS_DSP 1

static inline uint32_t mendlite_pair(int32_t low, int32_t high) {
  return ((uint32_t)low & 0xffffu) | ((uint32_t)high << 16);
}

static inline int32_t mendlite_low_half(uint32_t pair) { return (int16_t)(pair & 0xffffu); }

static inline int32_t mendlite_high_half(uint32_t pair) { return (int16_t)(pair >> 16); }

/* Bytes 0 and 2 of a word as int16, and bytes 1 and 3. */
static inline uint32_t mendlite_even_bytes(uint32_t word) {
  return mendlite_pair((int8_t)(word & 0xffu), (int8_t)((word >> 16) & 0xffu));
}

static inline uint32_t mendlite_odd_bytes(uint32_t word) { return mendlite_even_bytes(word >> 8); }

/* Both halves of a less those of b. */
static inline uint32_t mendlite_pair_less(uint32_t a, uint32_t b) {
  return mendlite_pair(mendlite_low_half(a) - mendlite_low_half(b),
                       mendlite_high_half(a) - mendlite_high_half(b));
}

/* sum + the products of both halves, modulo 2^32. */
static inline uint32_t mendlite_add_products(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + (uint32_t)(mendlite_low_half(a) * mendlite_low_half(b)) +
         (uint32_t)(mendlite_high_half(a) * mendlite_high_half(b));
}

/* sum + the product of the low halves, or of the high ones. */
static inline uint32_t mendlite_add_low(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + (uint32_t)(mendlite_low_half(a) * mendlite_low_half(b));
}

static inline uint32_t mendlite_add_high(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + (uint32_t)(mendlite_high_half(a) * mendlite_high_half(b));
}

/* a * b / 2^32, rounded half up. */
static inline int32_t mendlite_high_product(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 31)) >> 32);
}

/* sum + the products of four int8 weights, at any address, with the pairs of the first and third
 * input, and of the second and fourth. */
static inline uint32_t mendlite_four_products(const int8_t *w, uint32_t even, uint32_t odd,
                                              uint32_t sum) {
  uint32_t word;
  memcpy(&word, w, sizeof word);
  sum = mendlite_add_products(mendlite_even_bytes(word), even, sum);
  return mendlite_add_products(mendlite_odd_bytes(word), odd, sum);
}

#elif defined(__ARM_FEATURE_SIMD32) && !MENDLITE_HAS_MVE && !defined(MENDLITE_PORTABLE)
#define MENDLITE_HAS_DSP 1

static inline uint32_t mendlite_even_bytes(uint32_t word) {
  uint32_t found;
  __asm("sxtb16 %0, %1" : "=r"(found) : "r"(word));
  return found;
}

static inline uint32_t mendlite_odd_bytes(uint32_t word) {
  uint32_t found;
  __asm("sxtb16 %0, %1, ror #8" : "=r"(found) : "r"(word));
  return found;
}

static inline uint32_t mendlite_pair_less(uint32_t a, uint32_t b) {
  uint32_t found;
  __asm("ssub16 %0, %1, %2" : "=r"(found) : "r"(a), "r"(b) : "cc");
  return found;
}

/* In one piece, or the compiler loads all rows first and has no registers left. */
static inline uint32_t mendlite_four_products(const int8_t *w, uint32_t even, uint32_t odd,
                                              uint32_t sum) {
  uint32_t word;
  uint32_t pair;
  __asm(
      "ldr %1, %3\n\t"
      "sxtb16 %2, %1\n\t"
      "sxtb16 %1, %1, ror #8\n\t"
      "smlad %0, %2, %4, %0\n\t"
      "smlad %0, %1, %5, %0"
      : "+&r"(sum), "=&r"(word), "=&r"(pair)
      : "m"(*(const int8_t(*)[4])w), "r"(even), "r"(odd));
  return sum;
}

static inline uint32_t mendlite_add_low(uint32_t a, uint32_t b, uint32_t sum) {
  uint32_t found;
  __asm("smlabb %0, %1, %2, %3" : "=r"(found) : "r"(a), "r"(b), "r"(sum));
  return found;
}

static inline uint32_t mendlite_add_high(uint32_t a, uint32_t b, uint32_t sum) {
  uint32_t found;
  __asm("smlatt %0, %1, %2, %3" : "=r"(found) : "r"(a), "r"(b), "r"(sum));
  return found;
}

static inline int32_t mendlite_high_product(int32_t a, int32_t b) {
  int32_t found;
  __asm("smmulr %0, %1, %2" : "=r"(found) : "r"(a), "r"(b));
  return found;
}

#else
#define MENDLITE_HAS_DSP 0
#endif

/* Four bytes from any address, the first in the lowest. */
static inline uint32_t mendlite_word_at(const void *data) {
  uint32_t word;
  memcpy(&word, data, sizeof word);
  return word;
}

#endif
