/* What a layer is made of. */
#ifndef MENDLITE_LAYER_PARTS_H
#define MENDLITE_LAYER_PARTS_H

#include "engine/ops/products.h"
#include "engine/ops/values.h"

/* How sums become outputs. */
enum mendlite_scaling {
  /* MultiplyByQuantizedMultiplier of an int32. */
  MENDLITE_SCALING_NARROW,
  /* Of an int64, which keeps 16 bits of the multiplier. */
  MENDLITE_SCALING_WIDE,
  /* By a double: LiteRT's FULLY_CONNECTED of int16. */
  MENDLITE_SCALING_REAL
};

struct mendlite_layer {
  struct mendlite_operand input;
  struct mendlite_operand weights;
  struct mendlite_weights values;
  /* Its tensor's index is -1 where the layer has none. */
  struct mendlite_operand bias;
  struct mendlite_operand output;
  /* Output channels, at least 1. */
  uint32_t channels;
  enum mendlite_rounding rounding;
  /* Bounds of the fused activation. */
  struct mendlite_range range;
  /* Whether activations are int16, and whether their sums are int64. */
  bool int16;
  bool wide;
  enum mendlite_scaling scaling;
  /* One for each channel, in scratch: multipliers or, of MENDLITE_SCALING_REAL, doubles. */
  struct mendlite_multiplier *multipliers;
  double *reals;
  /* Of rows of bytes one for each channel, in scratch: the bias less the input's zero-point times
   * the sum of the row's weights, modulo 2^32. Else NULL. */
  uint32_t *row_biases;
};

/* The constant biases of a layer, NULL where there are none. */
const uint8_t *mendlite_layer_biases(const struct mendlite_layer *layer);

/* The bias of a channel, 0 where there is none. */
int64_t mendlite_layer_bias(const struct mendlite_layer *layer, uint32_t channel);

#endif
