#include "engine/ops/layer.h"

static bool takes_weights(const struct mendlite_tensor *weights, bool int4) {
  bool packed = weights->type == MENDLITE_TYPE_INT4 && int4;
  return weights->constant != NULL && (packed || mendlite_is_int8(weights));
}

int mendlite_layer_read(const struct mendlite_op *op, const struct mendlite_layer_slots *slots,
                        struct mendlite_layer *layer) {
  int32_t activation;
  int status;
  if ((status = mendlite_op_input(op, slots->input, &layer->input)) < 0 ||
      (status = mendlite_op_weights(op, slots->weights, &layer->weights)) < 0 ||
      (status = mendlite_op_optional_input(op, slots->bias, &layer->bias)) < 0 ||
      (status = mendlite_op_output(op, 0, &layer->output)) < 0 ||
      (status = mendlite_op_small_option(op, slots->activation, &activation)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&layer->input.tensor) || !mendlite_is_int8(&layer->output.tensor) ||
      !takes_weights(&layer->weights.tensor, slots->int4)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &layer->input.tensor, &layer->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  layer->values =
      (struct mendlite_weights){.data = layer->weights.tensor.constant,
                                .packed = layer->weights.tensor.type == MENDLITE_TYPE_INT4};
  layer->rounding = mendlite_op_rounding(op);
  return mendlite_activation_range(&layer->output.tensor, activation, &layer->range);
}

/* s_x * s_w / s_y (PopulateConvolutionQuantizationParams). A FULLY_CONNECTED with one scale
 * multiplies in float32 (GetQuantizedConvolutionMultipler), except in LiteRT. */
static double effective_scale(const struct mendlite_op *op, const struct mendlite_layer *layer,
                              uint32_t channel) {
  float input = layer->input.tensor.scale;
  float weight = mendlite_tensor_scale(op->model, &layer->weights.tensor, channel);
  double output = (double)layer->output.tensor.scale;
  bool single = layer->weights.tensor.scales.length == 1;
  if (op->node->code == MENDLITE_OPERATOR_FULLY_CONNECTED && single &&
      op->profile != MENDLITE_PROFILE_TFLITE_REF) {
    float product = input * weight;
    return (double)product / output;
  }
  return (double)input * (double)weight / output;
}

/* int32 without a zero-point, a value a channel along the last axis of one, two or four. */
static bool bias_fits(const struct mendlite_op *op, const struct mendlite_layer *layer,
                      uint32_t channels) {
  const struct mendlite_tensor *bias = &layer->bias.tensor;
  if (bias->index == -1) {
    return true;
  }
  return bias->type == MENDLITE_TYPE_INT32 && bias->constant != NULL &&
         mendlite_has_no_zero_point(op->model, bias) &&
         (bias->rank == 1 || bias->rank == 2 || bias->rank == 4) && bias->elements == channels &&
         bias->dims[bias->rank - 1] == (int32_t)channels;
}

int mendlite_layer_prepare(struct mendlite_op *op, struct mendlite_layer *layer, uint32_t channels,
                           int32_t axis) {
  const struct mendlite_tensor *weights = &layer->weights.tensor;
  if (!mendlite_weights_are_quantized(op->model, weights, channels, axis) ||
      !bias_fits(op, layer, channels)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  layer->channels = channels;
  layer->multipliers =
      mendlite_op_scratch(op, channels * (uint32_t)sizeof(struct mendlite_multiplier));
  struct mendlite_multiplier by = {.factor = 0, .shift = 0};
  for (uint32_t c = 0; c < channels; c++) {
    if (c == 0 || weights->scales.length > 1) {
      int status = mendlite_op_multiplier(op, effective_scale(op, layer, c), &by);
      if (status < 0) {
        return status;
      }
    }
    if (op->run) {
      layer->multipliers[c] = by;
    }
  }
  return MENDLITE_STATUS_OK;
}

int32_t mendlite_layer_bias(const struct mendlite_layer *layer, uint32_t channel) {
  return layer->bias.tensor.index == -1 ? 0 : mendlite_constant_i32(&layer->bias.tensor, channel);
}

int8_t mendlite_layer_output(const struct mendlite_layer *layer, uint32_t channel, uint32_t acc) {
  int32_t found = mendlite_requantize((int32_t)acc, layer->multipliers[channel], layer->rounding,
                                      layer->output.tensor.zero_point);
  return (int8_t)mendlite_clamp(found, layer->range.low, layer->range.high);
}

void mendlite_layer_rows(const struct mendlite_layer *layer, const int16_t *x, uint32_t size,
                         int8_t *outputs) {
  uint32_t c = 0;
  for (; c + 4 <= layer->channels; c += 4) {
    uint32_t acc[4];
    mendlite_products_of_4(&layer->values, c * size, x, size, acc);
    for (uint32_t i = 0; i < 4; i++) {
      outputs[c + i] =
          mendlite_layer_output(layer, c + i, acc[i] + (uint32_t)mendlite_layer_bias(layer, c + i));
    }
  }
  for (; c < layer->channels; c++) {
    uint32_t acc = mendlite_products(&layer->values, c * size, x, size);
    outputs[c] = mendlite_layer_output(layer, c, acc + (uint32_t)mendlite_layer_bias(layer, c));
  }
}

void mendlite_centre(const int8_t *x, uint32_t size, int32_t zero_point, int16_t *centred) {
  for (uint32_t k = 0; k < size; k++) {
    centred[k] = (int16_t)(x[k] - zero_point);
  }
}
