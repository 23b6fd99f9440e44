#include "engine/ops/layer.h"

#include "engine/fixed_point_inline.h"
#include "engine/ops/requantize_dsp.h"
#include "engine/ops/requantize_mve.h"
#include "engine/ops/wide.h"

/* The type of weights that go with an input's type, besides int4. */
static uint8_t weights_type(uint8_t input) {
  return input == MENDLITE_TYPE_UINT8 ? MENDLITE_TYPE_UINT8 : MENDLITE_TYPE_INT8;
}

static bool takes_types(const struct mendlite_layer *layer, bool int4) {
  const struct mendlite_tensor *weights = &layer->weights.tensor;
  uint8_t input = layer->input.tensor.type;
  bool known =
      input == MENDLITE_TYPE_INT8 || input == MENDLITE_TYPE_UINT8 || input == MENDLITE_TYPE_INT16;
  bool packed = weights->type == MENDLITE_TYPE_INT4 && int4 && input == MENDLITE_TYPE_INT8;
  return known && layer->output.tensor.type == input && weights->constant != NULL &&
         (packed || weights->type == weights_type(input));
}

/* int16 has no zero-points. */
static bool are_centred(const struct mendlite_op *op, const struct mendlite_layer *layer) {
  return !layer->int16 || (mendlite_has_no_zero_point(op->model, &layer->input.tensor) &&
                           mendlite_has_no_zero_point(op->model, &layer->output.tensor));
}

int mendlite_layer_read(const struct mendlite_op *op, const struct mendlite_layer_slots *slots,
                        struct mendlite_layer *layer) {
  int32_t activation;
  int32_t sums = 0;
  int status;
  if ((status = mendlite_op_input(op, slots->input, &layer->input)) < 0 ||
      (status = mendlite_op_weights(op, slots->weights, &layer->weights)) < 0 ||
      (status = mendlite_op_optional_input(op, slots->bias, &layer->bias)) < 0 ||
      (status = mendlite_op_output(op, 0, &layer->output)) < 0 ||
      (status = mendlite_op_small_option(op, slots->activation, &activation)) < 0 ||
      (slots->sums != 0 && (status = mendlite_op_small_option(op, slots->sums, &sums)) < 0)) {
    return status;
  }
  if (!takes_types(layer, slots->int4)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  const struct mendlite_tensor *weights = &layer->weights.tensor;
  layer->int16 = layer->input.tensor.type == MENDLITE_TYPE_INT16;
  if (!mendlite_both_quantized(op, &layer->input.tensor, &layer->output.tensor) ||
      !are_centred(op, layer)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  layer->values = (struct mendlite_weights){
      .data = weights->constant,
      .form = weights->type == MENDLITE_TYPE_INT4    ? MENDLITE_WEIGHTS_INT4
              : weights->type == MENDLITE_TYPE_UINT8 ? MENDLITE_WEIGHTS_UINT8
                                                     : MENDLITE_WEIGHTS_INT8,
      .zero_point = weights->type == MENDLITE_TYPE_UINT8 ? weights->zero_point : 0};
  layer->rounding = mendlite_op_rounding(op);
  status = mendlite_wide_sums(op, layer, sums);
  return status < 0 ? status
                    : mendlite_activation_range(&layer->output.tensor, activation, &layer->range);
}

/* s_x * s_w / s_y (PopulateConvolutionQuantizationParams). With one scale a uint8 convolution, and
 * FULLY_CONNECTED but for LiteRT's and newer ones of TFLite Micro, multiply in float32
 * (GetQuantizedConvolutionMultipler). */
static double effective_scale(const struct mendlite_op *op, const struct mendlite_layer *layer,
                              uint32_t channel) {
  float input = layer->input.tensor.scale;
  float weight = mendlite_tensor_scale(op->model, &layer->weights.tensor, channel);
  double output = (double)layer->output.tensor.scale;
  bool single = layer->weights.tensor.scales.length == 1;
  bool dense = op->node->code == MENDLITE_OPERATOR_FULLY_CONNECTED;
  bool narrow =
      dense ? mendlite_op_narrow_product(op) : layer->values.form == MENDLITE_WEIGHTS_UINT8;
  if (narrow && single) {
    float product = input * weight;
    return (double)product / output;
  }
  return (double)input * (double)weight / output;
}

/* int32, of int16 activations int64 as well, without a zero-point, a value a channel along the last
 * axis of one, two or four. */
static bool bias_fits(const struct mendlite_op *op, const struct mendlite_layer *layer,
                      uint32_t channels) {
  const struct mendlite_tensor *bias = &layer->bias.tensor;
  if (bias->index == -1) {
    return true;
  }
  bool type =
      bias->type == MENDLITE_TYPE_INT32 || (layer->int16 && bias->type == MENDLITE_TYPE_INT64);
  return type && bias->constant != NULL && mendlite_has_no_zero_point(op->model, bias) &&
         (bias->rank == 1 || bias->rank == 2 || bias->rank == 4) && bias->elements == channels &&
         bias->dims[bias->rank - 1] == (int32_t)channels;
}

static bool weights_fit(const struct mendlite_op *op, const struct mendlite_layer *layer,
                        uint32_t channels, int32_t axis) {
  const struct mendlite_tensor *weights = &layer->weights.tensor;
  return layer->values.form == MENDLITE_WEIGHTS_UINT8
             ? mendlite_tensor_is_quantized(op->model, weights)
             : mendlite_weights_are_quantized(op->model, weights, channels, axis);
}

/* Reserves what scales the sums: a multiplier or a double for each channel. */
static void reserve(struct mendlite_op *op, struct mendlite_layer *layer) {
  uint32_t size = layer->scaling == MENDLITE_SCALING_REAL
                      ? (uint32_t)sizeof(double)
                      : (uint32_t)sizeof(struct mendlite_multiplier);
  void *room = mendlite_op_scratch(op, layer->channels * size);
  layer->multipliers = room;
  layer->reals = room;
}

int mendlite_layer_prepare(struct mendlite_op *op, struct mendlite_layer *layer, uint32_t channels,
                           int32_t axis) {
  if (!weights_fit(op, layer, channels, axis) || !bias_fits(op, layer, channels)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  layer->channels = channels;
  reserve(op, layer);
  struct mendlite_multiplier by = {.factor = 0, .shift = 0};
  double real = 0;
  for (uint32_t c = 0; c < channels; c++) {
    if (c == 0 || layer->weights.tensor.scales.length > 1) {
      real = effective_scale(op, layer, c);
      int status = mendlite_op_multiplier(op, real, &by);
      if (status == MENDLITE_STATUS_OK && layer->wide) {
        status = mendlite_wide_multiplier(real, &by);
      }
      if (status < 0) {
        return status;
      }
    }
    if (op->run && layer->scaling == MENDLITE_SCALING_REAL) {
      layer->reals[c] = real;
    } else if (op->run) {
      layer->multipliers[c] = by;
    }
  }
  return op->run || !layer->wide ? MENDLITE_STATUS_OK : mendlite_wide_reach(layer, axis);
}

void mendlite_layer_store(const struct mendlite_layer *layer, size_t at, uint32_t channel,
                          int64_t sum) {
  if (layer->int16) {
    mendlite_store_within(&layer->output, at, mendlite_wide_scaled(layer, channel, sum),
                          layer->range);
    return;
  }
  int32_t found = mendlite_requantize((int32_t)(uint32_t)(uint64_t)sum, layer->multipliers[channel],
                                      layer->rounding, layer->output.tensor.zero_point);
  layer->output.data[at] = (uint8_t)mendlite_clamp(found, layer->range.low, layer->range.high);
}

static inline uint32_t word_of(const uint8_t *data) {
  return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
         (uint32_t)data[3] << 24;
}

void mendlite_layer_store_sums(const struct mendlite_layer *layer, size_t at, uint32_t channel,
                               const uint8_t *biases, const uint32_t *sums, uint32_t count) {
  const uint8_t *bias = biases == NULL ? NULL : biases + 4 * (size_t)channel;
  const struct mendlite_multiplier *by = layer->multipliers + channel;
  uint8_t *out = layer->output.data + at;
  int32_t zero_point = layer->output.tensor.zero_point;
  struct mendlite_range range = layer->range;
  uint32_t i = 0;
#if MENDLITE_HAS_MVE
  if (layer->rounding == MENDLITE_ROUND_DOUBLE) {
    i = mendlite_mve_requantize(sums, bias, by, zero_point, range, out, count);
  }
#elif MENDLITE_HAS_DSP
  if (layer->rounding == MENDLITE_ROUND_DOUBLE) {
    mendlite_dsp_requantize(sums, bias, by, zero_point, range, out, count);
    return;
  }
#endif
  for (; i < count; i++) {
    uint32_t added = bias == NULL ? 0 : word_of(bias + 4 * (size_t)i);
    int32_t found =
        mendlite_requantize_inline((int32_t)(sums[i] + added), by[i], layer->rounding, zero_point);
    out[i] = (uint8_t)mendlite_clamp_inline(found, range.low, range.high);
  }
}
