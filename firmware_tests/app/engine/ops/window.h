/* Windows of convolutions and pools over the two spatial axes (padding.h). */
#ifndef MENDLITE_WINDOW_H
#define MENDLITE_WINDOW_H

#include "engine/op.h"

struct axis {
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
int axis_fit(struct axis *axis, int32_t padding);

/* Reads stride and, where dilation is not 0, dilation: fields (w, h) of the options table. */
int window_strides(const struct op *op, uint32_t stride_w, uint32_t stride_h, struct axis *y,
                   struct axis *x);
int window_dilations(const struct op *op, uint32_t dilation_w, uint32_t dilation_h, struct axis *y,
                     struct axis *x);

/* Extents of the input and the output, NHWC of rank 4 with the same batch. */
int window_extents(const struct tensor *input, const struct tensor *output, struct axis *y,
                   struct axis *x);

/* Where tap number tap of output position at reads the input; outside it is negative or beyond. */
int32_t axis_at(const struct axis *axis, int32_t position, int32_t tap);

/* Computes one image of a batch. */
typedef void window_image(const void *context, const int8_t *image, int8_t *out);

/* Runs all images of an int8 batch, whose first axis they are. */
void window_images(const struct operand *input, const struct operand *output,
                   window_image *run_image, const void *context);

bool axis_inside(const struct axis *axis, int32_t at);

#endif
