/* DEPTHWISE_CONV_2D (reference_integer_ops::DepthwiseConvPerChannel). */
#include "engine/ops/convolution.h"
#include "engine/ops/depthwise_dsp.h"
#include "engine/ops/depthwise_mve.h"
#include "engine/ops/kernels.h"

/* Fields of DepthwiseConv2DOptions. */
enum { MULTIPLIER = 3, ACTIVATION = 4, DILATION_W = 5, DILATION_H = 6 };

static const struct mendlite_convolution_fields fields = {
    .slots = {.input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION, .int4 = true},
    .dilation_w = DILATION_W,
    .dilation_h = DILATION_H};

struct depthwise {
  struct mendlite_convolution base;
  /* Output channels for each input channel. */
  uint32_t multiplier;
  /* One accumulator a channel, in scratch: of int8 modulo 2^32, else in int64. */
  uint32_t *acc;
  int64_t *wide_acc;
};

static int fit(const struct mendlite_op *op, struct depthwise *kernel) {
  int32_t multiplier;
  struct mendlite_convolution *conv = &kernel->base;
  const struct mendlite_tensor *input = &conv->layer.input.tensor;
  const struct mendlite_tensor *weights = &conv->layer.weights.tensor;
  if (weights->dims[0] != 1 || conv->layer.output.tensor.dims[3] != weights->dims[3] ||
      weights->dims[3] % input->dims[3] != 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  kernel->multiplier = (uint32_t)(weights->dims[3] / input->dims[3]);
  int status = mendlite_op_option(op, MULTIPLIER, 0, &multiplier);
  if (status < 0 || (uint32_t)multiplier != kernel->multiplier) {
    return MENDLITE_STATUS_MALFORMED;
  }
  status = mendlite_axis_fit(&conv->y, conv->padding);
  return status < 0 ? status : mendlite_axis_fit(&conv->x, conv->padding);
}

/* Whether sums are those of int8 activations. */
static bool is_int8(const struct depthwise *kernel) {
  return mendlite_is_int8(&kernel->base.layer.input.tensor);
}

static void add_int8_tap(const struct depthwise *kernel, const int8_t *values,
                         const int8_t *weights) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  int32_t zero_point = layer->input.tensor.zero_point;
  for (uint32_t c = 0; c < layer->channels; c++) {
    kernel->acc[c] += (uint32_t)((values[c / kernel->multiplier] - zero_point) * weights[c]);
  }
}

static void add_int4_tap(const struct depthwise *kernel, const int8_t *values, uint32_t first) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  int32_t zero_point = layer->input.tensor.zero_point;
  for (uint32_t c = 0; c < layer->channels; c++) {
    int32_t x = values[c / kernel->multiplier] - zero_point;
    kernel->acc[c] += (uint32_t)(x * mendlite_weight(&layer->values, first + c));
  }
}

/* Of uint8 or int16, from input value at on. */
static void add_other_tap(const struct depthwise *kernel, size_t at, uint32_t first) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  int32_t zero_point = layer->input.tensor.zero_point;
  for (uint32_t c = 0; c < layer->channels; c++) {
    int32_t x = mendlite_value_at(&layer->input, at + c / kernel->multiplier) - zero_point;
    kernel->wide_acc[c] += (int64_t)(x * mendlite_weight(&layer->values, first + c));
  }
}

/* Adds one tap of the window, whose weights begin at value first, to all channels; its inputs begin
 * at value at. */
static void add_tap(const struct depthwise *kernel, size_t at, uint32_t first) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  if (!is_int8(kernel)) {
    add_other_tap(kernel, at, first);
    return;
  }
  const int8_t *values = (const int8_t *)layer->input.data + at;
  if (layer->values.form == MENDLITE_WEIGHTS_INT4) {
    add_int4_tap(kernel, values, first);
  } else {
    add_int8_tap(kernel, values, (const int8_t *)layer->values.data + first);
  }
}

static void begin(const struct depthwise *kernel) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  for (uint32_t c = 0; c < layer->channels; c++) {
    if (is_int8(kernel)) {
      kernel->acc[c] = 0;
    } else {
      kernel->wide_acc[c] = mendlite_layer_bias(layer, c);
    }
  }
}

static void finish(const struct depthwise *kernel, size_t out) {
  const struct mendlite_layer *layer = &kernel->base.layer;
  if (is_int8(kernel)) {
    mendlite_layer_store_sums(layer, out, 0, mendlite_layer_biases(layer), kernel->acc,
                              layer->channels);
    return;
  }
  for (uint32_t c = 0; c < layer->channels; c++) {
    mendlite_layer_store(layer, out + c, c, kernel->wide_acc[c]);
  }
}

static void add_taps(const struct depthwise *kernel, const struct mendlite_taps *taps,
                     size_t image) {
  for (uint32_t i = 0; i < taps->rows; i++) {
    size_t at = image + taps->input + i * taps->input_row;
    uint32_t first = taps->weight + i * taps->weight_row;
    for (uint32_t j = 0; j < taps->columns; j++) {
      add_tap(kernel, at, first);
      at += taps->input_column;
      first += taps->weight_column;
    }
  }
}

#if MENDLITE_HAS_MVE
enum { AT_ONCE = 8 };
#elif MENDLITE_HAS_DSP
enum { AT_ONCE = 4 };
#endif

/* Computes the sums some channels at a time, where this core can and it fits the layer. */
static bool sum_together(const struct depthwise *kernel, const struct mendlite_taps *taps,
                         size_t image) {
#if MENDLITE_HAS_MVE || MENDLITE_HAS_DSP
  const struct mendlite_layer *layer = &kernel->base.layer;
  if (is_int8(kernel) && layer->values.form == MENDLITE_WEIGHTS_INT8 && kernel->multiplier == 1 &&
      layer->channels >= AT_ONCE) {
    const int8_t *x = (const int8_t *)layer->input.data + image;
    const int8_t *w = (const int8_t *)layer->values.data;
    int32_t zero_point = layer->input.tensor.zero_point;
#if MENDLITE_HAS_MVE
    mendlite_mve_window(taps, x, w, layer->channels, zero_point, kernel->acc);
#else
    mendlite_dsp_window(taps, x, w, layer->channels, zero_point, kernel->acc);
#endif
    return true;
  }
#else
  (void)kernel;
  (void)taps;
  (void)image;
#endif
  return false;
}

static void run_position(const struct depthwise *kernel, size_t image, int32_t row, int32_t column,
                         size_t out) {
  struct mendlite_taps taps = mendlite_convolution_taps(&kernel->base, row, column);
  if (!sum_together(kernel, &taps, image)) {
    begin(kernel);
    add_taps(kernel, &taps, image);
  }
  finish(kernel, out);
}

static void run_image(const void *context, size_t image, size_t out) {
  const struct depthwise *kernel = context;
  const struct mendlite_convolution *conv = &kernel->base;
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++, out += conv->layer.channels) {
      run_position(kernel, image, row, column, out);
    }
  }
}

int mendlite_op_depthwise(struct mendlite_op *op) {
  struct depthwise conv;
  struct mendlite_layer *layer = &conv.base.layer;
  int status;
  if ((status = mendlite_convolution_read(op, &fields, &conv.base)) < 0 ||
      (status = fit(op, &conv)) < 0 ||
      (status = mendlite_layer_prepare(op, layer, (uint32_t)layer->weights.tensor.dims[3], 3)) <
          0) {
    return status;
  }
  void *room = mendlite_op_scratch(
      op, layer->channels * (uint32_t)(is_int8(&conv) ? sizeof(uint32_t) : sizeof(int64_t)));
  conv.acc = room;
  conv.wide_acc = room;
  if (op->run) {
    mendlite_window_images(&layer->input.tensor, &layer->output.tensor, run_image, &conv);
  }
  return MENDLITE_STATUS_OK;
}
