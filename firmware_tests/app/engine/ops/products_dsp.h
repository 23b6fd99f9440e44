/* int8 products by pairs (dsp.h). Of each four inputs the second and third change places: then the
 * pairs of a word are those that even and odd bytes of four weights make. */
#ifndef MENDLITE_PRODUCTS_DSP_H
#define MENDLITE_PRODUCTS_DSP_H

#include <stddef.h>

#include "engine/ops/dsp.h"

#if MENDLITE_HAS_DSP

/* x[i] - zero_point of size values, in that order; the last size % 4 as they are. centred is
 * aligned to 4. */
static inline void mendlite_dsp_centre(const int8_t *x, uint32_t size, int32_t zero_point,
                                       int16_t *centred) {
  uint32_t zeros = ((uint32_t)zero_point & 0xffffu) * 0x10001u;
  uint32_t k = 0;
  for (; k + 4 <= size; k += 4) {
    uint32_t word = mendlite_word_at(x + k);
    uint32_t pairs[2] = {mendlite_pair_less(mendlite_even_bytes(word), zeros),
                         mendlite_pair_less(mendlite_odd_bytes(word), zeros)};
    memcpy(centred + k, pairs, sizeof pairs);
  }
  for (; k < size; k++) {
    centred[k] = (int16_t)(x[k] - zero_point);
  }
}

static inline uint32_t mendlite_dsp_products(const int8_t *w, const int16_t *x, uint32_t size) {
  uint32_t sum = 0;
  uint32_t k = 0;
  for (; k + 4 <= size; k += 4) {
    sum = mendlite_four_products(w + k, mendlite_word_at(x + k), mendlite_word_at(x + k + 2), sum);
  }
  for (; k < size; k++) {
    sum += (uint32_t)(x[k] * w[k]);
  }
  return sum;
}

/* Of four rows of weights, each of size values. Two pointers and the size lead to all four rows: no
 * register is left for more. */
static inline void mendlite_dsp_products_of_4(const int8_t *w, const int16_t *x, uint32_t size,
                                              uint32_t sums[4]) {
  const int8_t *later = w + 2 * (size_t)size;
  const int16_t *end = x + (size & ~3u);
  uint32_t rest = size & 3u;
  uint32_t a0 = 0;
  uint32_t a1 = 0;
  uint32_t a2 = 0;
  uint32_t a3 = 0;
  for (; x != end; x += 4, w += 4, later += 4) {
    uint32_t even = mendlite_word_at(x);
    uint32_t odd = mendlite_word_at(x + 2);
    a0 = mendlite_four_products(w, even, odd, a0);
    a1 = mendlite_four_products(w + size, even, odd, a1);
    a2 = mendlite_four_products(later, even, odd, a2);
    a3 = mendlite_four_products(later + size, even, odd, a3);
  }
  for (; rest > 0; rest--, x++, w++, later++) {
    int32_t value = *x;
    a0 += (uint32_t)(value * *w);
    a1 += (uint32_t)(value * w[size]);
    a2 += (uint32_t)(value * *later);
    a3 += (uint32_t)(value * later[size]);
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
}

#endif

#endif
