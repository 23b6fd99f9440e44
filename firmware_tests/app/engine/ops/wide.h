/* Sums and outputs of layers with int16 activations (conv.h, depthwise_conv.h, fully_connected.h,
 * transpose_conv.h of integer_ops; MultiplyByQuantizedMultiplier of an int64). */
#ifndef MENDLITE_WIDE_H
#define MENDLITE_WIDE_H

#include "engine/ops/layer_parts.h"

/* Finds what a layer sums in and how it scales; stated: the option quantized_bias_type.
 * Unsupported: an int32 bias that the kernel would read as int64. */
int mendlite_wide_sums(const struct mendlite_op *op, struct mendlite_layer *layer, int32_t stated);

/* The multiplier of int64 sums, its factor of 16 bits. Unsupported: it is 2^7 or more. */
int mendlite_wide_multiplier(double real, struct mendlite_multiplier *by);

/* MultiplyByQuantizedMultiplier of an int64 sum by such a multiplier, modulo 2^32; ties go up,
 * whatever the profile. */
int32_t mendlite_wide_multiply(int64_t sum, struct mendlite_multiplier by);

/* Whether all int64 sums of a layer whose channels lie along an axis of its weights stay below
 * 2^47. Unsupported: one may not. */
int mendlite_wide_reach(const struct mendlite_layer *layer, int32_t axis);

/* The sum of x[k] * weight(first + k) over size values; it stays in int64. */
int64_t mendlite_wide_products(const struct mendlite_weights *weights, uint32_t first,
                               const int16_t *x, uint32_t size);

/* An int16 layer's output before the bounds, of a sum with its bias. */
int64_t mendlite_wide_scaled(const struct mendlite_layer *layer, uint32_t channel, int64_t sum);

#endif
