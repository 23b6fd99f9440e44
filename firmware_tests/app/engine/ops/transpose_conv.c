/* TRANSPOSE_CONV (reference_integer_ops::TransposeConv), gathered: each output value collects the
 * inputs that reach it, so that no accumulators are kept for the whole image. */
#include "engine/ops/convolution.h"
#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

/* Fields of TransposeConvOptions. */
enum { ACTIVATION = 3, SUMS = 4 };

static const struct mendlite_convolution_fields fields = {
    .slots = {.input = 2, .weights = 1, .bias = 3, .activation = ACTIVATION, .sums = SUMS}};

/* Turns an axis round: the convolution that goes the other way, from the output to the input. */
static int fit_axis(struct mendlite_axis *axis, int32_t padding) {
  struct mendlite_axis reverse = {.input = axis->output,
                                  .output = axis->input,
                                  .size = axis->size,
                                  .stride = axis->stride,
                                  .dilation = 1};
  int status = mendlite_axis_fit(&reverse, padding);
  *axis = reverse;
  return status;
}

static int fit(struct mendlite_convolution *conv) {
  const struct mendlite_tensor *weights = &conv->layer.weights.tensor;
  if (conv->layer.output.tensor.dims[3] != weights->dims[0] ||
      weights->dims[3] != conv->layer.input.tensor.dims[3]) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int status = fit_axis(&conv->y, conv->padding);
  return status < 0 ? status : fit_axis(&conv->x, conv->padding);
}

/* The output's shape as input 0 gives it. */
static int require_shape(const struct mendlite_op *op, const struct mendlite_tensor *output) {
  struct mendlite_operand shape;
  int status = mendlite_constant_input(op, 0, 4, &shape);
  for (uint32_t i = 0; status == MENDLITE_STATUS_OK && i < 4; i++) {
    if (mendlite_constant_i32(&shape.tensor, i) != output->dims[i]) {
      status = MENDLITE_STATUS_MALFORMED;
    }
  }
  return status;
}

/* The input row (or column) from which tap reaches an output position; -1 where none does. */
static int32_t source(const struct mendlite_axis *reverse, int32_t position, int32_t tap) {
  int32_t spread = position + reverse->before - tap;
  if (spread < 0 || spread % reverse->stride != 0 || spread / reverse->stride >= reverse->output) {
    return -1;
  }
  return spread / reverse->stride;
}

/* Products with one tap's weights, which begin at value first, of the pixel from value at on. */
static int64_t tap_sum(const struct mendlite_convolution *conv, size_t at, uint32_t first) {
  const struct mendlite_layer *layer = &conv->layer;
  int64_t sum = 0;
  for (uint32_t k = 0; k < conv->depth; k++) {
    int32_t x = mendlite_value_at(&layer->input, at + k) - layer->input.tensor.zero_point;
    sum += (int64_t)(x * mendlite_weight(&layer->values, first + k));
  }
  return sum;
}

static int64_t sum(const struct mendlite_convolution *conv, size_t image, uint32_t first,
                   int32_t row, int32_t column) {
  int64_t acc = 0;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = source(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, first += conv->depth) {
      int32_t x = source(&conv->x, column, j);
      if (y >= 0 && x >= 0) {
        acc += tap_sum(conv, image + mendlite_convolution_at(conv, conv->x.output, y, x), first);
      }
    }
  }
  return acc;
}

static void run_image(const void *context, size_t image, size_t out) {
  const struct mendlite_convolution *conv = context;
  const struct mendlite_layer *layer = &conv->layer;
  uint32_t size = layer->weights.tensor.elements / layer->channels;
  for (int32_t row = 0; row < conv->y.input; row++) {
    for (int32_t column = 0; column < conv->x.input; column++) {
      for (uint32_t c = 0; c < layer->channels; c++) {
        int64_t acc = sum(conv, image, c * size, row, column);
        mendlite_layer_store(layer, out++, c, acc + mendlite_layer_bias(layer, c));
      }
    }
  }
}

int mendlite_op_transpose_conv(struct mendlite_op *op) {
  struct mendlite_convolution conv;
  int status;
  if ((status = mendlite_convolution_read(op, &fields, &conv)) < 0 ||
      (status = require_shape(op, &conv.layer.output.tensor)) < 0 || (status = fit(&conv)) < 0 ||
      (status = mendlite_layer_prepare(op, &conv.layer, (uint32_t)conv.layer.weights.tensor.dims[0],
                                       0)) < 0) {
    return status;
  }
  if (op->run) {
    mendlite_window_images(&conv.layer.input.tensor, &conv.layer.output.tensor, run_image, &conv);
  }
  return MENDLITE_STATUS_OK;
}
