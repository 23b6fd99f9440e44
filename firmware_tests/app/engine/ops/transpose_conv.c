/* TRANSPOSE_CONV (reference_integer_ops::TransposeConv), gathered: each output value collects the
 * inputs that reach it, so that no accumulators are kept for the whole image. */
#include "engine/ops/convolution.h"
#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

/* Field of TransposeConvOptions. */
enum { ACTIVATION = 3 };

static const struct mendlite_convolution_fields fields = {
    .slots = {.input = 2, .weights = 1, .bias = 3, .activation = ACTIVATION}};

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

static uint32_t sum(const struct mendlite_convolution *conv, const int8_t *image,
                    const int8_t *weights, int32_t row, int32_t column) {
  uint32_t acc = 0;
  int32_t zero_point = conv->layer.input.tensor.zero_point;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = source(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, weights += conv->depth) {
      int32_t x = source(&conv->x, column, j);
      if (y < 0 || x < 0) {
        continue;
      }
      const int8_t *values = image + mendlite_convolution_at(conv, conv->x.output, y, x);
      for (uint32_t k = 0; k < conv->depth; k++) {
        acc += (uint32_t)((values[k] - zero_point) * weights[k]);
      }
    }
  }
  return acc;
}

static void run_image(const void *context, const int8_t *image, int8_t *out) {
  const struct mendlite_convolution *conv = context;
  const struct mendlite_layer *layer = &conv->layer;
  const int8_t *weights = (const int8_t *)layer->weights.data;
  size_t size = layer->weights.tensor.elements / layer->channels;
  for (int32_t row = 0; row < conv->y.input; row++) {
    for (int32_t column = 0; column < conv->x.input; column++) {
      for (uint32_t c = 0; c < layer->channels; c++) {
        uint32_t acc = sum(conv, image, weights + c * size, row, column);
        *out++ = mendlite_layer_output(layer, c, acc + (uint32_t)mendlite_layer_bias(layer, c));
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
    mendlite_window_images(&conv.layer.input, &conv.layer.output, run_image, &conv);
  }
  return MENDLITE_STATUS_OK;
}
