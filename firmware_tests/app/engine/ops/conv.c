/* CONV_2D (reference_integer_ops::ConvPerChannel). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/layer.h"
#include "engine/ops/window.h"

/* Fields of Conv2DOptions. */
enum { PADDING = 0, STRIDE_W = 1, STRIDE_H = 2, ACTIVATION = 3, DILATION_W = 4, DILATION_H = 5 };

static const struct layer_slots slots = {
    .input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION};

struct conv {
  struct layer layer;
  struct axis y;
  struct axis x;
  uint32_t depth;
  /* Values of one window, centred, in scratch. */
  int16_t *patch;
};

static int read_window(const struct op *op, struct conv *conv) {
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
  if (weights->rank != 4 || output->dims[3] != weights->dims[0]) {
    return STATUS_MALFORMED;
  }
  /* Grouped channels are not run. */
  if (weights->dims[3] != input->dims[3]) {
    return STATUS_UNSUPPORTED;
  }
  conv->y.size = weights->dims[1];
  conv->x.size = weights->dims[2];
  conv->depth = (uint32_t)input->dims[3];
  status = axis_fit(&conv->y, padding);
  return status < 0 ? status : axis_fit(&conv->x, padding);
}

/* Copies the window at an output position; what lies outside adds nothing: it is 0. */
static void copy_patch(const struct conv *conv, const int8_t *image, int32_t row, int32_t column) {
  int32_t zero_point = conv->layer.input.tensor.zero_point;
  int16_t *to = conv->patch;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = axis_at(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, to += conv->depth) {
      int32_t x = axis_at(&conv->x, column, j);
      if (axis_inside(&conv->y, y) && axis_inside(&conv->x, x)) {
        size_t at = ((size_t)y * (size_t)conv->x.input + (size_t)x) * conv->depth;
        centre(image + at, conv->depth, zero_point, to);
      } else {
        memset(to, 0, conv->depth * sizeof *to);
      }
    }
  }
}

static void run_image(const struct conv *conv, const int8_t *image, int8_t *out, uint32_t size) {
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++) {
      copy_patch(conv, image, row, column);
      layer_rows(&conv->layer, conv->patch, size, out);
      out += conv->layer.channels;
    }
  }
}

int op_conv(struct op *op) {
  struct conv conv;
  int status;
  if ((status = layer_read(op, &slots, &conv.layer)) < 0 || (status = read_window(op, &conv)) < 0 ||
      (status = layer_prepare(op, &conv.layer, (uint32_t)conv.layer.weights.tensor.dims[0])) < 0) {
    return status;
  }
  uint32_t size = conv.layer.weights.tensor.elements / conv.layer.channels;
  conv.patch = op_scratch(op, size * (uint32_t)sizeof(int16_t));
  if (!op->run) {
    return STATUS_OK;
  }
  uint32_t images = (uint32_t)conv.layer.input.tensor.dims[0];
  size_t in_size = conv.layer.input.tensor.elements / images;
  size_t out_size = conv.layer.output.tensor.elements / images;
  for (uint32_t n = 0; n < images; n++) {
    run_image(&conv, (const int8_t *)conv.layer.input.data + n * in_size,
              (int8_t *)conv.layer.output.data + n * out_size, size);
  }
  return STATUS_OK;
}
