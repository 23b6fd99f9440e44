/* What the operators with weights share: types, bias, multipliers and requantization.
 *
 * Activations are int8 (weights int8 or int4), uint8 (weights uint8, with a zero-point) or int16
 * (weights int8). Sums of the first two are int32 and wrap; those of int16 are int64, or int32
 * where the bias is, or the file says so.
 */
#ifndef MENDLITE_LAYER_H
#define MENDLITE_LAYER_H

#include "engine/ops/layer_parts.h"

/* Numbers of the inputs that hold the operands, and of the options that hold the fused activation
 * and the type of sums (0: there is none); whether the operator takes int4 weights.
 */
struct mendlite_layer_slots {
  uint32_t input;
  uint32_t weights;
  uint32_t bias;
  uint32_t activation;
  uint32_t sums;
  bool int4;
};

/* Reads the operands of a layer and checks their types and the quantization of input and output.
 * Errors as in op.h. */
int mendlite_layer_read(const struct mendlite_op *op, const struct mendlite_layer_slots *slots,
                        struct mendlite_layer *layer);

/* Checks scales and bias of a layer whose weights have the given channels along an axis, and
 * reserves its multipliers, which it computes where the model is run. Errors as in op.h. */
int mendlite_layer_prepare(struct mendlite_op *op, struct mendlite_layer *layer, uint32_t channels,
                           int32_t axis);

/* Stores the output value of a sum, bias included, at value number at: zero_point + scaled, within
 * the fused activation's bounds. Of a layer that is not wide the sum counts modulo 2^32. */
void mendlite_layer_store(const struct mendlite_layer *layer, size_t at, uint32_t channel,
                          int64_t sum);

/* The same of count channels of 8 bits, from their sums without the bias. biases: of all channels,
 * int32 in little-endian order at any address; NULL: all are 0. */
void mendlite_layer_store_sums(const struct mendlite_layer *layer, size_t at, uint32_t channel,
                               const uint8_t *biases, const uint32_t *sums, uint32_t count);

/* Reserves what mendlite_layer_rows needs, and computes it where the model is run, for weights that
 * lie in rows of size values: after mendlite_layer_prepare. Returns scratch for the inputs of one
 * row, centred, aligned to 4; NULL where they are used as they lie. */
int16_t *mendlite_layer_prepare_rows(struct mendlite_op *op, struct mendlite_layer *layer,
                                     uint32_t size);

/* Computes the outputs of all channels, from value number at on, whose weights lie in rows of size
 * values, from inputs that one of the next three functions made. */
void mendlite_layer_rows(const struct mendlite_layer *layer, const void *inputs, uint32_t size,
                         size_t at);

/* Inputs for mendlite_layer_rows: input values from number at on, of size values, either less the
 * zero-point in centred or where they lie. */
const void *mendlite_layer_inputs(const struct mendlite_layer *layer, size_t at, uint32_t size,
                                  int16_t *centred);

/* The same of 8-bit values that lie elsewhere. */
const void *mendlite_layer_byte_inputs(const struct mendlite_layer *layer, const uint8_t *x,
                                       uint32_t size, int16_t *centred);

/* Copies int16 input values from number at on. */
void mendlite_layer_copy_words(const struct mendlite_layer *layer, size_t at, uint32_t size,
                               int16_t *to);

#endif
