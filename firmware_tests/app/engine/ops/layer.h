/* What the operators with weights share: types, bias, multipliers and requantization. */
#ifndef MENDLITE_LAYER_H
#define MENDLITE_LAYER_H

#include "engine/op.h"

struct layer {
  struct operand input;
  struct operand weights;
  struct operand bias;
  struct operand output;
  uint32_t channels;
  enum rounding rounding;
  struct range range;
  /* One for each channel, in scratch. */
  struct multiplier *multipliers;
};

/* Which inputs of the operator hold what, and which option its fused activation. */
struct layer_slots {
  uint32_t input;
  uint32_t weights;
  uint32_t bias;
  uint32_t activation;
};

/* Reads and checks operands of an int8 layer whose weights have the given channels along an axis,
 * and prepares its multipliers. */
int layer_read(const struct op *op, const struct layer_slots *slots, struct layer *layer);
int layer_prepare(struct op *op, struct layer *layer, uint32_t channels, int32_t axis);

/* The bias of a channel, 0 where there is none. */
int32_t layer_bias(const struct layer *layer, uint32_t channel);

/* clamp(zero_point + MultiplyByQuantizedMultiplier(acc)). */
int8_t layer_output(const struct layer *layer, uint32_t channel, uint32_t acc);

/* outputs[c] of all channels, whose weights lie in rows of size values, from centred inputs. */
void layer_rows(const struct layer *layer, const int16_t *x, uint32_t size, int8_t *outputs);

/* x - zero_point of size values. */
void centre(const int8_t *x, uint32_t size, int32_t zero_point, int16_t *centred);

#endif
