/* Windows of convolutions and pools over the two spatial axes (padding.h). */
#ifndef MENDLITE_WINDOW_H
#define MENDLITE_WINDOW_H

#include "engine/op.h"

struct mendlite_axis {
  /* Extent of the input and of the output, size of the window, positions. */
  int32_t input;
  int32_t output;
  int32_t size;
  int32_t stride;
  int32_t dilation;
  /* Padding before the first position. */
  int32_t before;
};

/* Fills in before, and checks that the output has the extent that padding ("SAME" 0, "VALID" 1)
 * gives it. */
int mendlite_axis_fit(struct mendlite_axis *axis, int32_t padding);

/* Reads stride and, where dilation is not 0, dilation: fields (w, h) of the options table. */
int mendlite_window_strides(const struct mendlite_op *op, uint32_t stride_w, uint32_t stride_h,
                            struct mendlite_axis *y, struct mendlite_axis *x);
int mendlite_window_dilations(const struct mendlite_op *op, uint32_t dilation_w,
                              uint32_t dilation_h, struct mendlite_axis *y,
                              struct mendlite_axis *x);

/* Extents of the input and the output, NHWC of rank 4 with the same batch. */
int mendlite_window_extents(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, struct mendlite_axis *y,
                            struct mendlite_axis *x);

/* Where tap number tap of output position at reads the input; outside it is negative or beyond. */
int32_t mendlite_axis_at(const struct mendlite_axis *axis, int32_t position, int32_t tap);

/* Computes one image of a batch. */
typedef void mendlite_window_image(const void *context, const int8_t *image, int8_t *out);

/* Runs all images of an int8 batch, whose first axis they are. */
void mendlite_window_images(const struct mendlite_operand *input,
                            const struct mendlite_operand *output, mendlite_window_image *run_image,
                            const void *context);

bool mendlite_axis_inside(const struct mendlite_axis *axis, int32_t at);

#endif
