/* DEPTHWISE_CONV_2D (reference_integer_ops::DepthwiseConvPerChannel). */
#include "engine/ops/convolution.h"
#include "engine/ops/kernels.h"

/* Fields of DepthwiseConv2DOptions. */
enum { MULTIPLIER = 3, ACTIVATION = 4, DILATION_W = 5, DILATION_H = 6 };

static const struct convolution_fields fields = {
    .slots = {.input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION},
    .dilation_w = DILATION_W,
    .dilation_h = DILATION_H};

struct depthwise {
  struct convolution base;
  /* Output channels for each input channel. */
  uint32_t multiplier;
  /* One accumulator a channel, in scratch. */
  uint32_t *acc;
};

static int fit(const struct op *op, struct depthwise *kernel) {
  int32_t multiplier;
  struct convolution *conv = &kernel->base;
  const struct tensor *input = &conv->layer.input.tensor;
  const struct tensor *weights = &conv->layer.weights.tensor;
  if (weights->dims[0] != 1 || conv->layer.output.tensor.dims[3] != weights->dims[3] ||
      weights->dims[3] % input->dims[3] != 0) {
    return STATUS_MALFORMED;
  }
  kernel->multiplier = (uint32_t)(weights->dims[3] / input->dims[3]);
  int status = op_option(op, MULTIPLIER, 0, &multiplier);
  if (status < 0 || (uint32_t)multiplier != kernel->multiplier) {
    return STATUS_MALFORMED;
  }
  status = axis_fit(&conv->y, conv->padding);
  return status < 0 ? status : axis_fit(&conv->x, conv->padding);
}

/* Adds one tap of the window to all channels. */
static void add_tap(const struct depthwise *kernel, const int8_t *values, const int8_t *weights) {
  const struct layer *layer = &kernel->base.layer;
  int32_t zero_point = layer->input.tensor.zero_point;
  if (kernel->multiplier == 1) {
    for (uint32_t c = 0; c < layer->channels; c++) {
      kernel->acc[c] += (uint32_t)((values[c] - zero_point) * weights[c]);
    }
    return;
  }
  for (uint32_t c = 0; c < layer->channels; c++) {
    kernel->acc[c] += (uint32_t)((values[c / kernel->multiplier] - zero_point) * weights[c]);
  }
}

static void run_position(const struct depthwise *kernel, const int8_t *image, int32_t row,
                         int32_t column, int8_t *out) {
  const struct convolution *conv = &kernel->base;
  const struct layer *layer = &conv->layer;
  const int8_t *weights = (const int8_t *)layer->weights.data;
  for (uint32_t c = 0; c < layer->channels; c++) {
    kernel->acc[c] = (uint32_t)layer_bias(layer, c);
  }
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = axis_at(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, weights += layer->channels) {
      int32_t x = axis_at(&conv->x, column, j);
      if (axis_inside(&conv->y, y) && axis_inside(&conv->x, x)) {
        add_tap(kernel, image + convolution_at(conv, conv->x.input, y, x), weights);
      }
    }
  }
  for (uint32_t c = 0; c < layer->channels; c++) {
    out[c] = layer_output(layer, c, kernel->acc[c]);
  }
}

static void run_image(const void *context, const int8_t *image, int8_t *out) {
  const struct depthwise *kernel = context;
  const struct convolution *conv = &kernel->base;
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++, out += conv->layer.channels) {
      run_position(kernel, image, row, column, out);
    }
  }
}

int op_depthwise(struct op *op) {
  struct depthwise conv;
  struct layer *layer = &conv.base.layer;
  int status;
  if ((status = convolution_read(op, &fields, &conv.base)) < 0 || (status = fit(op, &conv)) < 0 ||
      (status = layer_prepare(op, layer, (uint32_t)layer->weights.tensor.dims[3], 3)) < 0) {
    return status;
  }
  conv.acc = op_scratch(op, layer->channels * (uint32_t)sizeof(uint32_t));
  if (op->run) {
    window_images(&layer->input, &layer->output, run_image, &conv);
  }
  return STATUS_OK;
}
