/* DEPTHWISE_CONV_2D (reference_integer_ops::DepthwiseConvPerChannel). */
#include "engine/ops/kernels.h"
#include "engine/ops/layer.h"
#include "engine/ops/window.h"

/* Fields of DepthwiseConv2DOptions; the depth multiplier follows from the shapes. */
enum { PADDING = 0, STRIDE_W = 1, STRIDE_H = 2, ACTIVATION = 4, DILATION_W = 5, DILATION_H = 6 };

static const struct layer_slots slots = {
    .input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION};

struct depthwise {
  struct layer layer;
  struct axis y;
  struct axis x;
  uint32_t depth;
  /* Output channels for each input channel. */
  uint32_t multiplier;
  /* One accumulator a channel, in scratch. */
  uint32_t *acc;
};

static int read_window(const struct op *op, struct depthwise *conv) {
  const struct tensor *input = &conv->layer.input.tensor;
  const struct tensor *weights = &conv->layer.weights.tensor;
  const struct tensor *output = &conv->layer.output.tensor;
  int32_t padding;
  int status;
  if ((status = op_small_option(op, PADDING, &padding)) < 0 ||
      (status = window_strides(op, STRIDE_W, STRIDE_H, &conv->y, &conv->x)) < 0 ||
      (status = window_dilations(op, DILATION_W, DILATION_H, &conv->y, &conv->x)) < 0 ||
      (status = window_extents(input, output, &conv->y, &conv->x)) < 0) {
    return status;
  }
  if (weights->rank != 4 || weights->dims[0] != 1 || output->dims[3] != weights->dims[3] ||
      weights->dims[3] % input->dims[3] != 0) {
    return STATUS_MALFORMED;
  }
  conv->y.size = weights->dims[1];
  conv->x.size = weights->dims[2];
  conv->depth = (uint32_t)input->dims[3];
  conv->multiplier = (uint32_t)(weights->dims[3] / input->dims[3]);
  status = axis_fit(&conv->y, padding);
  return status < 0 ? status : axis_fit(&conv->x, padding);
}

/* Adds one tap of the window to all channels. */
static void add_tap(const struct depthwise *conv, const int8_t *values, const int8_t *weights) {
  int32_t zero_point = conv->layer.input.tensor.zero_point;
  if (conv->multiplier == 1) {
    for (uint32_t c = 0; c < conv->depth; c++) {
      conv->acc[c] += (uint32_t)((values[c] - zero_point) * weights[c]);
    }
    return;
  }
  for (uint32_t c = 0; c < conv->layer.channels; c++) {
    conv->acc[c] += (uint32_t)((values[c / conv->multiplier] - zero_point) * weights[c]);
  }
}

static void run_position(const struct depthwise *conv, const int8_t *image, int32_t row,
                         int32_t column, int8_t *out) {
  const int8_t *weights = (const int8_t *)conv->layer.weights.data;
  for (uint32_t c = 0; c < conv->layer.channels; c++) {
    conv->acc[c] = (uint32_t)layer_bias(&conv->layer, c);
  }
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = axis_at(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, weights += conv->layer.channels) {
      int32_t x = axis_at(&conv->x, column, j);
      if (axis_inside(&conv->y, y) && axis_inside(&conv->x, x)) {
        size_t at = ((size_t)y * (size_t)conv->x.input + (size_t)x) * conv->depth;
        add_tap(conv, image + at, weights);
      }
    }
  }
  for (uint32_t c = 0; c < conv->layer.channels; c++) {
    out[c] = layer_output(&conv->layer, c, conv->acc[c]);
  }
}

static void run_image(const struct depthwise *conv, const int8_t *image, int8_t *out) {
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++, out += conv->layer.channels) {
      run_position(conv, image, row, column, out);
    }
  }
}

int op_depthwise(struct op *op) {
  struct depthwise conv;
  int status;
  if ((status = layer_read(op, &slots, &conv.layer)) < 0 || (status = read_window(op, &conv)) < 0 ||
      (status = layer_prepare(op, &conv.layer, (uint32_t)conv.layer.weights.tensor.dims[3])) < 0) {
    return status;
  }
  conv.acc = op_scratch(op, conv.layer.channels * (uint32_t)sizeof(uint32_t));
  if (!op->run) {
    return STATUS_OK;
  }
  uint32_t images = (uint32_t)conv.layer.input.tensor.dims[0];
  size_t in_size = conv.layer.input.tensor.elements / images;
  size_t out_size = conv.layer.output.tensor.elements / images;
  for (uint32_t n = 0; n < images; n++) {
    run_image(&conv, (const int8_t *)conv.layer.input.data + n * in_size,
              (int8_t *)conv.layer.output.data + n * out_size);
  }
  return STATUS_OK;
}
