/* CONV_2D (reference_integer_ops::ConvPerChannel). */
#include <string.h>

#include "engine/ops/convolution.h"
#include "engine/ops/kernels.h"

/* Fields of Conv2DOptions. */
enum { ACTIVATION = 3, DILATION_W = 4, DILATION_H = 5, SUMS = 6 };

static const struct mendlite_convolution_fields fields = {
    .slots =
        {.input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION, .sums = SUMS, .int4 = true},
    .dilation_w = DILATION_W,
    .dilation_h = DILATION_H};

struct conv {
  struct mendlite_convolution base;
  /* Values of one window, centred, in scratch, and how many. */
  int16_t *patch;
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

/* Copies the window at an output position; what lies outside adds nothing: it is 0. */
static void copy_patch(const struct conv *kernel, size_t image, int32_t row, int32_t column) {
  const struct mendlite_convolution *conv = &kernel->base;
  int16_t *to = kernel->patch;
  for (int32_t i = 0; i < conv->y.size; i++) {
    int32_t y = mendlite_axis_at(&conv->y, row, i);
    for (int32_t j = 0; j < conv->x.size; j++, to += conv->depth) {
      int32_t x = mendlite_axis_at(&conv->x, column, j);
      if (mendlite_axis_inside(&conv->y, y) && mendlite_axis_inside(&conv->x, x)) {
        size_t from = image + mendlite_convolution_at(conv, conv->x.input, y, x);
        mendlite_layer_centre(&conv->layer, from, conv->depth, to);
      } else {
        memset(to, 0, conv->depth * sizeof *to);
      }
    }
  }
}

static void run_image(const void *context, size_t image, size_t out) {
  const struct conv *kernel = context;
  const struct mendlite_convolution *conv = &kernel->base;
  for (int32_t row = 0; row < conv->y.output; row++) {
    for (int32_t column = 0; column < conv->x.output; column++) {
      copy_patch(kernel, image, row, column);
      mendlite_layer_rows(&conv->layer, kernel->patch, kernel->size, out);
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
  conv.patch = mendlite_op_scratch(op, conv.size * (uint32_t)sizeof(int16_t));
  if (op->run) {
    mendlite_window_images(&layer->input.tensor, &layer->output.tensor, run_image, &conv);
  }
  return MENDLITE_STATUS_OK;
}
