/* Depthwise windows of int8 values by pairs (dsp.h), four channels at a time. */
#ifndef MENDLITE_DEPTHWISE_DSP_H
#define MENDLITE_DEPTHWISE_DSP_H

#include "engine/ops/convolution.h"
#include "engine/ops/dsp.h"

#if MENDLITE_HAS_DSP

/* The sums of (x - zero-point) * w of four neighbouring channels, modulo 2^32; x and w: those of
 * the first channel in the first tap; zeros: the zero-point in both halves. */
static inline void mendlite_dsp_window_of_4(const struct mendlite_taps *taps, const int8_t *x,
                                            const int8_t *w, uint32_t zeros, uint32_t sums[4]) {
  uint32_t a0 = 0;
  uint32_t a1 = 0;
  uint32_t a2 = 0;
  uint32_t a3 = 0;
  for (uint32_t i = 0; i < taps->rows; i++, x += taps->input_row, w += taps->weight_row) {
    const int8_t *x_tap = x;
    const int8_t *w_tap = w;
    for (uint32_t j = taps->columns; j > 0; j--) {
      uint32_t values = mendlite_word_at(x_tap);
      uint32_t weights = mendlite_word_at(w_tap);
      uint32_t even = mendlite_pair_less(mendlite_even_bytes(values), zeros);
      uint32_t odd = mendlite_pair_less(mendlite_odd_bytes(values), zeros);
      uint32_t even_weights = mendlite_even_bytes(weights);
      uint32_t odd_weights = mendlite_odd_bytes(weights);
      a0 = mendlite_add_low(even, even_weights, a0);
      a1 = mendlite_add_low(odd, odd_weights, a1);
      a2 = mendlite_add_high(even, even_weights, a2);
      a3 = mendlite_add_high(odd, odd_weights, a3);
      x_tap += taps->input_column;
      w_tap += taps->weight_column;
    }
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
}

/* The sums of all channels, 4 or more, from the image's values and all weights. The last four
 * channels begin where four are left: some are then computed twice. */
static inline void mendlite_dsp_window(const struct mendlite_taps *taps, const int8_t *x,
                                       const int8_t *w, uint32_t channels, int32_t zero_point,
                                       uint32_t *sums) {
  uint32_t zeros = ((uint32_t)zero_point & 0xffffu) * 0x10001u;
  for (uint32_t c = 0; c < channels; c += 4) {
    uint32_t from = c + 4 <= channels ? c : channels - 4;
    mendlite_dsp_window_of_4(taps, x + taps->input + from, w + taps->weight + from, zeros,
                             sums + from);
  }
}

#endif

#endif
