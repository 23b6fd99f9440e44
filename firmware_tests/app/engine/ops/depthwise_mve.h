/* Depthwise windows of int8 values, eight channels at a time (mve.h). */
#ifndef MENDLITE_DEPTHWISE_MVE_H
#define MENDLITE_DEPTHWISE_MVE_H

#include "engine/ops/convolution.h"
#include "engine/ops/mve.h"

#if MENDLITE_HAS_MVE

#include <arm_mve.h>

/* The sums of (x - zero_point) * w of eight neighbouring channels, modulo 2^32; x and w: those of
 * the first channel in the first tap.
 * x - zero_point has 9 bits: its products with int8 are made by 16-bit lanes, even and odd ones
 * apart. */
static inline void mendlite_mve_window_of_8(const struct mendlite_taps *taps, const int8_t *x,
                                            const int8_t *w, int16_t zero_point, uint32_t sums[8]) {
  int32x4x2_t found = {{vdupq_n_s32(0), vdupq_n_s32(0)}};
  for (uint32_t i = 0; i < taps->rows; i++, x += taps->input_row, w += taps->weight_row) {
    const int8_t *x_tap = x;
    const int8_t *w_tap = w;
    for (uint32_t j = 0; j < taps->columns; j++) {
      int16x8_t values = vsubq_n_s16(vldrbq_s16(x_tap), zero_point);
      int16x8_t weights = vldrbq_s16(w_tap);
      found.val[0] = vaddq_s32(found.val[0], vmullbq_int_s16(values, weights));
      found.val[1] = vaddq_s32(found.val[1], vmulltq_int_s16(values, weights));
      x_tap += taps->input_column;
      w_tap += taps->weight_column;
    }
  }
  vst2q_s32((int32_t *)sums, found);
}

/* The sums of all channels, 8 or more, from the image's values and all weights. The last eight
 * channels begin where eight are left: some are then computed twice. */
static inline void mendlite_mve_window(const struct mendlite_taps *taps, const int8_t *x,
                                       const int8_t *w, uint32_t channels, int32_t zero_point,
                                       uint32_t *sums) {
  for (uint32_t c = 0; c < channels; c += 8) {
    uint32_t from = c + 8 <= channels ? c : channels - 8;
    mendlite_mve_window_of_8(taps, x + taps->input + from, w + taps->weight + from,
                             (int16_t)zero_point, sums + from);
  }
}

#endif

#endif
