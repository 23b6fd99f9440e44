/* TRANSPOSE_CONV (reference_integer_ops::TransposeConv), gathered: each output value collects the
 * inputs that reach it, so that no accumulators are kept for the whole image. */
#include "engine/ops/kernels.h"
#include "engine/ops/layer.h"
#include "engine/ops/window.h"

/* Fields of TransposeConvOptions. */
enum { PADDING = 0, STRIDE_W = 1, STRIDE_H = 2, ACTIVATION = 3 };

static const struct layer_slots slots = {
    .input = 2, .weights = 1, .bias = 3, .activation = ACTIVATION};

struct transposed {
  struct layer layer;
  struct axis y;
  struct axis x;
  uint32_t depth;
};

/* The convolution that goes the other way: from the output to the input. */
static int fit(struct axis *axis, int32_t size, int32_t padding) {
  struct axis reverse = {.input = axis->output,
                         .output = axis->input,
                         .size = size,
                         .stride = axis->stride,
                         .dilation = 1};
  int status = axis_fit(&reverse, padding);
  *axis = reverse;
  return status;
}

static int read_window(const struct op *op, struct transposed *conv) {
  const struct tensor *input = &conv->layer.input.tensor;
  const struct tensor *weights = &conv->layer.weights.tensor;
  const struct tensor *output = &conv->layer.output.tensor;
  int32_t padding;
  int status;
  if ((status = op_small_option(op, PADDING, &padding)) < 0 ||
      (status = window_strides(op, STRIDE_W, STRIDE_H, &conv->y, &conv->x)) < 0 ||
      (status = window_extents(input, output, &conv->y, &conv->x)) < 0) {
    return status;
  }
  if (weights->rank != 4 || output->dims[3] != weights->dims[0] ||
      weights->dims[3] != input->dims[3]) {
    return STATUS_MALFORMED;
  }
  conv->depth = (uint32_t)input->dims[3];
  status = fit(&conv->y, weights->dims[1], padding);
  return status < 0 ? status : fit(&conv->x, weights->dims[2], padding);
}

/* The input row (or column) from which tap reaches an output position; -1 where none does. */
static int32_t source(const struct axis *reverse, int32_t position, int32_t tap) {
  int32_t spread = position + reverse->before - tap;
  if (spread < 0 || spread % reverse->stride != 0 || spread / reverse->stride >= reverse->output) {
    return -1;
  }
  return spread / reverse->stride;
}

static uint32_t sum(const struct transposed *conv, const int8_t *image, const int8_t *weights,
                    int32_t row, int32_t column) {
  uint32_t acc = 0;
  int32_t zero_point = conv->layer.input.tensor.zero_point;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = source(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, weights += conv->depth) {
      int32_t x = source(&conv->x, column, j);
      if (y < 0 || x < 0) {
        continue;
      }
      const int8_t *values = image + ((size_t)y * (size_t)conv->x.output + (size_t)x) * conv->depth;
      for (uint32_t k = 0; k < conv->depth; k++) {
        acc += (uint32_t)((values[k] - zero_point) * weights[k]);
      }
    }
  }
  return acc;
}

static void run_image(const struct transposed *conv, const int8_t *image, int8_t *out) {
  const struct layer *layer = &conv->layer;
  const int8_t *weights = (const int8_t *)layer->weights.data;
  size_t size = layer->weights.tensor.elements / layer->channels;
  for (int32_t row = 0; row < conv->y.input; row++) {
    for (int32_t column = 0; column < conv->x.input; column++) {
      for (uint32_t c = 0; c < layer->channels; c++) {
        uint32_t acc = sum(conv, image, weights + c * size, row, column);
        *out++ = layer_output(layer, c, acc + (uint32_t)layer_bias(layer, c));
      }
    }
  }
}

int op_transpose_conv(struct op *op) {
  struct transposed conv;
  int status;
  if ((status = layer_read(op, &slots, &conv.layer)) < 0 || (status = read_window(op, &conv)) < 0 ||
      (status = layer_prepare(op, &conv.layer, (uint32_t)conv.layer.weights.tensor.dims[0])) < 0 ||
      !op->run) {
    return status;
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
