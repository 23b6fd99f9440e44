/* What the operators with weights share: types, bias, multipliers and requantization. */
#ifndef MENDLITE_LAYER_H
#define MENDLITE_LAYER_H

#include "engine/op.h"
#include "engine/ops/products.h"

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
  /* One for each channel, in scratch. */
  struct mendlite_multiplier *multipliers;
};

/* Numbers of the inputs that hold the operands, and of the option that holds the fused activation;
 * whether the operator takes int4 weights.
 */
struct mendlite_layer_slots {
  uint32_t input;
  uint32_t weights;
  uint32_t bias;
  uint32_t activation;
  bool int4;
};

/* Reads the operands of a layer with int8 activations and checks their types and the scales of
 * input and output. Errors as in op.h. */
int mendlite_layer_read(const struct mendlite_op *op, const struct mendlite_layer_slots *slots,
                        struct mendlite_layer *layer);

/* Checks scales and bias of a layer whose weights have the given channels along an axis, and
 * reserves its multipliers, which it computes where the model is run. Errors as in op.h. */
int mendlite_layer_prepare(struct mendlite_op *op, struct mendlite_layer *layer, uint32_t channels,
                           int32_t axis);

/* The bias of a channel, 0 where there is none. */
int32_t mendlite_layer_bias(const struct mendlite_layer *layer, uint32_t channel);

/* The output value of an accumulator, taken as an int32: zero_point +
 * MultiplyByQuantizedMultiplier(acc), within the fused activation's bounds. */
int8_t mendlite_layer_output(const struct mendlite_layer *layer, uint32_t channel, uint32_t acc);

/* Computes outputs[c] of all channels, whose weights lie in rows of size values, from so many
 * centred inputs. */
void mendlite_layer_rows(const struct mendlite_layer *layer, const int16_t *x, uint32_t size,
                         int8_t *outputs);

/* centred[i] = x[i] - zero_point of size values. */
void mendlite_centre(const int8_t *x, uint32_t size, int32_t zero_point, int16_t *centred);

#endif
