/* What the three convolutions share: a layer whose window slides over images. */
#ifndef MENDLITE_CONVOLUTION_H
#define MENDLITE_CONVOLUTION_H

#include "engine/ops/layer.h"
#include "engine/ops/window.h"

/* Padding and strides have the same fields in all their options tables; these differ. */
struct mendlite_convolution_fields {
  struct mendlite_layer_slots slots;
  /* Numbers of the dilations' fields; 0: the table has none. */
  uint32_t dilation_w;
  uint32_t dilation_h;
};

struct mendlite_convolution {
  struct mendlite_layer layer;
  struct mendlite_axis y;
  struct mendlite_axis x;
  /* Padding of the schema: "SAME" 0, "VALID" 1; any other until mendlite_axis_fit. */
  int32_t padding;
  /* Channels of the input. */
  uint32_t depth;
};

/* Reads the operands, the window's options and the extents, and checks all but how channels and
 * window fit. Errors as in op.h. */
int mendlite_convolution_read(const struct mendlite_op *op,
                              const struct mendlite_convolution_fields *fields,
                              struct mendlite_convolution *conv);

/* Offset, in values, of the pixel (y, x) in an image of that width and depth channels. */
size_t mendlite_convolution_at(const struct mendlite_convolution *conv, int32_t width, int32_t y,
                               int32_t x);

/* The taps of a window that lie in the image: how many rows and columns, the first value of the
 * first tap in the image and in weights of so many channels a tap, and the steps from one row or
 * column to the next, all in values. */
struct mendlite_taps {
  uint32_t rows;
  uint32_t columns;
  size_t input;
  size_t input_row;
  size_t input_column;
  uint32_t weight;
  uint32_t weight_row;
  uint32_t weight_column;
};

/* Those of the window at an output position of the layer; without any, rows or columns are 0. */
struct mendlite_taps mendlite_convolution_taps(const struct mendlite_convolution *conv, int32_t row,
                                               int32_t column);

#endif
