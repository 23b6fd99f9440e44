/* Sums to 8-bit outputs with SMMULR (dsp.h) and MENDLITE_ROUND_DOUBLE: the bytes that
 * mendlite_requantize_inline and mendlite_clamp_inline give. */
#ifndef MENDLITE_REQUANTIZE_DSP_H
#define MENDLITE_REQUANTIZE_DSP_H

#include "engine/fixed_point_inline.h"
#include "engine/ops/dsp.h"
#include "engine/ops/values.h"

#if MENDLITE_HAS_DSP

/* MultiplyByQuantizedMultiplier. Most sums are small and are shifted to the right: for those
 * SMMULR of their double is SaturatingRoundingDoublingHighMul; it is at most 2^30, so that
 * RoundingDivideByPOT may add half a step, less one below 0, without leaving int32. */
static inline int32_t mendlite_dsp_multiply(int32_t x, struct mendlite_multiplier by) {
  if (by.shift >= 0 || (uint32_t)x + (UINT32_C(1) << 30) >= UINT32_C(1) << 31) {
    return mendlite_multiply_inline(x, by, MENDLITE_ROUND_DOUBLE);
  }
  int32_t high = mendlite_high_product(2 * x, by.factor);
  int32_t half = (int32_t)((UINT32_C(1) << -by.shift) >> 1);
  return (high - (high < 0 ? 1 : 0) + half) >> -by.shift;
}

/* Stores the outputs of count sums, to which the biases are added (int32 in little-endian order at
 * any address; NULL: none). */
static inline void mendlite_dsp_requantize(const uint32_t *sums, const uint8_t *biases,
                                           const struct mendlite_multiplier *by, int32_t zero_point,
                                           struct mendlite_range range, uint8_t *out,
                                           uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t added = biases == NULL ? 0 : mendlite_word_at(biases + 4 * (size_t)i);
    int32_t scaled = mendlite_dsp_multiply((int32_t)(sums[i] + added), by[i]);
    int32_t found = (int32_t)((uint32_t)scaled + (uint32_t)zero_point);
    out[i] = (uint8_t)mendlite_clamp_inline(found, range.low, range.high);
  }
}

#endif

#endif
