#include "engine/ops/convolution.h"

/* Fields of Conv2DOptions, DepthwiseConv2DOptions and TransposeConvOptions. */
enum { PADDING = 0, STRIDE_W = 1, STRIDE_H = 2 };

int mendlite_convolution_read(const struct mendlite_op *op,
                              const struct mendlite_convolution_fields *fields,
                              struct mendlite_convolution *conv) {
  const struct mendlite_tensor *weights = &conv->layer.weights.tensor;
  int status;
  if ((status = mendlite_layer_read(op, &fields->slots, &conv->layer)) < 0 ||
      (status = mendlite_op_small_option(op, PADDING, &conv->padding)) < 0 ||
      (status = mendlite_window_strides(op, STRIDE_W, STRIDE_H, &conv->y, &conv->x)) < 0 ||
      (status = mendlite_window_extents(&conv->layer.input.tensor, &conv->layer.output.tensor,
                                        &conv->y, &conv->x)) < 0) {
    return status;
  }
  if (fields->dilation_w != 0 &&
      (status = mendlite_window_dilations(op, fields->dilation_w, fields->dilation_h, &conv->y,
                                          &conv->x)) < 0) {
    return status;
  }
  if (weights->rank != 4) {
    return MENDLITE_STATUS_MALFORMED;
  }
  conv->y.size = weights->dims[1];
  conv->x.size = weights->dims[2];
  conv->depth = (uint32_t)conv->layer.input.tensor.dims[3];
  return MENDLITE_STATUS_OK;
}

size_t mendlite_convolution_at(const struct mendlite_convolution *conv, int32_t width, int32_t y,
                               int32_t x) {
  return ((size_t)y * (size_t)width + (size_t)x) * conv->depth;
}

static uint32_t count_of(struct mendlite_axis_taps taps) {
  return taps.end > taps.first ? (uint32_t)(taps.end - taps.first) : 0;
}

struct mendlite_taps mendlite_convolution_taps(const struct mendlite_convolution *conv, int32_t row,
                                               int32_t column) {
  struct mendlite_axis_taps rows = mendlite_axis_inner(&conv->y, row);
  struct mendlite_axis_taps columns = mendlite_axis_inner(&conv->x, column);
  int32_t y = mendlite_axis_at(&conv->y, row, rows.first);
  int32_t x = mendlite_axis_at(&conv->x, column, columns.first);
  uint32_t channels = conv->layer.channels;
  uint32_t weight_row = (uint32_t)conv->x.size * channels;
  return (struct mendlite_taps){
      .rows = count_of(rows),
      .columns = count_of(columns),
      .input = mendlite_convolution_at(conv, conv->x.input, y, x),
      .input_row = mendlite_convolution_at(conv, conv->x.input, conv->y.dilation, 0),
      .input_column = (size_t)conv->x.dilation * conv->depth,
      .weight = (uint32_t)rows.first * weight_row + (uint32_t)columns.first * channels,
      .weight_row = weight_row,
      .weight_column = channels};
}
