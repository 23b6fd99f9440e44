/* Sums to 8-bit outputs, four at a time (mve.h), with MENDLITE_ROUND_DOUBLE: the bytes that
 * mendlite_requantize_inline and mendlite_clamp_inline give. */
#ifndef MENDLITE_REQUANTIZE_MVE_H
#define MENDLITE_REQUANTIZE_MVE_H

#include "engine/multiplier.h"
#include "engine/ops/mve.h"
#include "engine/ops/values.h"

#if MENDLITE_HAS_MVE

#include <arm_mve.h>

/* MultiplyByQuantizedMultiplier of four values by factors and shifts, the latter below 32
 * (mendlite_op_multiplier). VQRDMULH is SaturatingRoundingDoublingHighMul; VRSHL rounds half up,
 * and RoundingDivideByPOT half away from zero: one less of what is below 0 and is shifted to the
 * right makes up for it. */
static inline int32x4_t mendlite_mve_multiply(int32x4_t x, int32x4x2_t by) {
  int32x4_t zero = vdupq_n_s32(0);
  int32x4_t left = vmaxq_s32(by.val[1], zero);
  int32x4_t right = vminq_s32(by.val[1], zero);
  int32x4_t high = vqrdmulhq_s32(vshlq_s32(x, left), by.val[0]);
  int32x4_t nudge = vshrq_n_s32(vandq_s32(high, right), 31);
  return vrshlq_s32(vqaddq_s32(high, nudge), right);
}

/* Stores the outputs of the first count - count % 4 sums, to which the biases are added (int32 in
 * little-endian order at any address; NULL: none), and returns how many it stored. */
static inline uint32_t mendlite_mve_requantize(const uint32_t *sums, const uint8_t *biases,
                                               const struct mendlite_multiplier *by,
                                               int32_t zero_point, struct mendlite_range range,
                                               uint8_t *out, uint32_t count) {
  int32x4_t low = vdupq_n_s32(range.low);
  int32x4_t high = vdupq_n_s32(range.high);
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    int32x4_t x = vreinterpretq_s32_u32(vldrwq_u32(sums + i));
    if (biases != NULL) {
      x = vaddq_s32(x, vreinterpretq_s32_u8(vldrbq_u8(biases + 4 * (size_t)i)));
    }
    x = vaddq_n_s32(mendlite_mve_multiply(x, vld2q_s32(&by[i].factor)), zero_point);
    x = vmaxq_s32(vminq_s32(x, high), low);
    vstrbq_u32(out + i, vreinterpretq_u32_s32(x));
  }
  return i;
}

#endif

#endif
