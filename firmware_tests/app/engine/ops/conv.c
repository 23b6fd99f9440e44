/* CONV_2D (reference_integer_ops::ConvPerChannel). */
#include <string.h>

#include "engine/ops/convolution.h"
#include "engine/ops/kernels.h"
#include "engine/ops/products_mve.h"

/* Fields of Conv2DOptions. */
enum { ACTIVATION = 3, DILATION_W = 4, DILATION_H = 5, SUMS = 6 };

static const struct mendlite_convolution_fields fields = {
    .slots =
        {.input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION, .sums = SUMS, .int4 = true},
    .dilation_w = DILATION_W,
    .dilation_h = DILATION_H};

struct conv {
  struct mendlite_convolution base;
  /* Values of one window in scratch, centred where the layer needs it, and how many; 8-bit ones as
   * they are before that. */
  int16_t *patch;
  uint8_t *bytes;
  uint32_t size;
};

static int fit(struct mendlite_convolution *conv) {
  const struct mendlite_tensor *weights = &conv->layer.weights.tensor;
  if (conv->layer.output.tensor.dims[3] != weights->dims[0]) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* Grouped channels are not run. */
  if (weights->dims[3] != conv->layer.input.tensor.dims[3]) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  int status = mendlite_axis_fit(&conv->y, conv->padding);
  return status < 0 ? status : mendlite_axis_fit(&conv->x, conv->padding);
}

/* Copies the int16 window at an output position; what lies outside adds nothing: it is 0. */
static const void *copy_words(const struct conv *kernel, size_t image, int32_t row,
                              int32_t column) {
  const struct mendlite_convolution *conv = &kernel->base;
  int16_t *to = kernel->patch;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = mendlite_axis_at(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, to += conv->depth) {
      int32_t x = mendlite_axis_at(&conv->x, column, j);
      if (mendlite_axis_inside(&conv->y, y) && mendlite_axis_inside(&conv->x, x)) {
        size_t from = image + mendlite_convolution_at(conv, conv->x.input, y, x);
        mendlite_layer_copy_words(&conv->layer, from, conv->depth, to);
      } else {
        memset(to, 0, conv->depth * sizeof *to);
      }
    }
  }
  return kernel->patch;
}

/* By words or vectors, which the C library of small boards does not do. */
static void copy(uint8_t *to, const uint8_t *from, uint32_t size) {
#if MENDLITE_HAS_MVE
  mendlite_mve_copy(to, from, size);
#else
  uint32_t k = 0;
  for (; k + 4 <= size; k += 4) {
    memcpy(to + k, from + k, 4);
  }
  for (; k < size; k++) {
    to[k] = from[k];
  }
#endif
}

/* Copies one row of a window of bytes, whose first tap lies at column x of an image's row; the
 * zero-point where that is outside. */
static void copy_row(const struct mendlite_convolution *conv, const uint8_t *line, int32_t x,
                     uint8_t *to) {
  const struct mendlite_axis *axis = &conv->x;
  if (axis->dilation == 1 && x >= 0 && x + axis->size <= axis->input) {
    copy(to, line + (size_t)x * conv->depth, (uint32_t)axis->size * conv->depth);
    return;
  }
  for (int32_t j = 0; j < axis->size; j++, x += axis->dilation, to += conv->depth) {
    if (mendlite_axis_inside(axis, x)) {
      copy(to, line + (size_t)x * conv->depth, conv->depth);
    } else {
      memset(to, conv->layer.input.tensor.zero_point, conv->depth);
    }
  }
}

/* The inputs that are the 8-bit window at an output position, copied; one of a single tap lies
 * together already. */
static const void *copy_bytes(const struct conv *kernel, size_t image, int32_t row,
                              int32_t column) {
  const struct mendlite_convolution *conv = &kernel->base;
  const uint8_t *values = conv->layer.input.data + image;
  uint32_t length = (uint32_t)conv->x.size * conv->depth;
  int32_t x = mendlite_axis_at(&conv->x, column, 0);
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = mendlite_axis_at(&conv->y, row, i);
    uint8_t *to = kernel->bytes + (size_t)i * length;
    if (!mendlite_axis_inside(&conv->y, y)) {
      memset(to, conv->layer.input.tensor.zero_point, length);
      continue;
    }
    const uint8_t *line = values + mendlite_convolution_at(conv, conv->x.input, y, 0);
    if (kernel->size == conv->depth && mendlite_axis_inside(&conv->x, x)) {
      return mendlite_layer_byte_inputs(&conv->layer, line + (size_t)x * conv->depth, kernel->size,
                                        kernel->patch);
    }
    copy_row(conv, line, x, to);
  }
  return mendlite_layer_byte_inputs(&conv->layer, kernel->bytes, kernel->size, kernel->patch);
}

static void run_image(const void *context, size_t image, size_t out) {
  const struct conv *kernel = context;
  const struct mendlite_convolution *conv = &kernel->base;
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++) {
      const void *inputs = conv->layer.int16 ? copy_words(kernel, image, row, column)
                                             : copy_bytes(kernel, image, row, column);
      mendlite_layer_rows(&conv->layer, inputs, kernel->size, out);
      out += conv->layer.channels;
    }
  }
}

int mendlite_op_conv(struct mendlite_op *op) {
  struct conv conv;
  struct mendlite_layer *layer = &conv.base.layer;
  int status;
  if ((status = mendlite_convolution_read(op, &fields, &conv.base)) < 0 ||
      (status = fit(&conv.base)) < 0 ||
      (status = mendlite_layer_prepare(op, layer, (uint32_t)layer->weights.tensor.dims[0], 0)) <
          0) {
    return status;
  }
  conv.size = layer->weights.tensor.elements / layer->channels;
  conv.patch = mendlite_layer_prepare_rows(op, layer, conv.size);
  conv.bytes = mendlite_op_scratch(op, layer->int16 ? 0 : conv.size);
  if (op->run) {
    mendlite_window_images(&layer->input.tensor, &layer->output.tensor, run_image, &conv);
  }
  return MENDLITE_STATUS_OK;
}
