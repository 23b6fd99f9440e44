/* What the operators with weights share: types, bias, multipliers and requantization. */
#ifndef MENDLITE_LAYER_H
#define MENDLITE_LAYER_H

#include "engine/op.h"

struct mendlite_layer {
  struct mendlite_operand input;
  struct mendlite_operand weights;
  struct mendlite_operand bias;
  struct mendlite_operand output;
  uint32_t channels;
  enum mendlite_rounding rounding;
  struct mendlite_range range;
  /* One for each channel, in scratch. */
  struct mendlite_multiplier *multipliers;
};

/* Which inputs of the operator hold what, and which option its fused activation. */
struct mendlite_layer_slots {
  uint32_t input;
  uint32_t weights;
  uint32_t bias;
  uint32_t activation;
};

/* Reads and checks operands of an int8 layer whose weights have the given channels along an axis,
 * and prepares its multipliers. */
int mendlite_layer_read(const struct mendlite_op *op, const struct mendlite_layer_slots *slots,
                        struct mendlite_layer *layer);
int mendlite_layer_prepare(struct mendlite_op *op, struct mendlite_layer *layer, uint32_t channels,
                           int32_t axis);

/* The bias of a channel, 0 where there is none. */
int32_t mendlite_layer_bias(const struct mendlite_layer *layer, uint32_t channel);

/* mendlite_clamp(zero_point + MultiplyByQuantizedMultiplier(acc)). */
int8_t mendlite_layer_output(const struct mendlite_layer *layer, uint32_t channel, uint32_t acc);

/* outputs[c] of all channels, whose weights lie in rows of size values, from centred inputs. */
void mendlite_layer_rows(const struct mendlite_layer *layer, const int16_t *x, uint32_t size,
                         int8_t *outputs);

/* x - zero_point of size values. */
void mendlite_centre(const int8_t *x, uint32_t size, int32_t zero_point, int16_t *centred);

#endif
