/* What the three convolutions share: a layer whose window slides over images. */
#ifndef MENDLITE_CONVOLUTION_H
#define MENDLITE_CONVOLUTION_H

#include "engine/ops/layer.h"
#include "engine/ops/window.h"

/* Padding and strides have the same fields in all their options tables; these differ. Dilation 0:
 * the table has none. */
struct mendlite_convolution_fields {
  struct mendlite_layer_slots slots;
  uint32_t dilation_w;
  uint32_t dilation_h;
};

struct mendlite_convolution {
  struct mendlite_layer layer;
  struct mendlite_axis y;
  struct mendlite_axis x;
  int32_t padding;
  /* Channels of the input. */
  uint32_t depth;
};

/* Reads the operands, the window's options and the extents; checks all but how channels and window
 * fit. */
int mendlite_convolution_read(const struct mendlite_op *op,
                              const struct mendlite_convolution_fields *fields,
                              struct mendlite_convolution *conv);

/* Where a position of the input's image lies, in values. */
size_t mendlite_convolution_at(const struct mendlite_convolution *conv, int32_t width, int32_t y,
                               int32_t x);

#endif
