/* Windows of convolutions and pools over the two spatial axes (padding.h). */
#ifndef MENDLITE_WINDOW_H
#define MENDLITE_WINDOW_H

#include "engine/op.h"

/* One of the two spatial axes. All in positions, 1 ... 32,767 once mendlite_axis_fit has checked
 * them.
 */
struct mendlite_axis {
  /* Extents of the input and of the output. */
  int32_t input;
  int32_t output;
  /* Taps of the window, the step from one window to the next, and from one tap to the next. */
  int32_t size;
  int32_t stride;
  int32_t dilation;
  /* Padding before the first position, 0 or more. */
  int32_t before;
};

/* Fills in before from the other fields and the padding ("SAME" 0, "VALID" 1). Malformed: another
 * padding, a field out of range, or an output of another extent than padding makes. */
int mendlite_axis_fit(struct mendlite_axis *axis, int32_t padding);

/* Read strides, and dilations (1 before that), from the given fields of the options table. */
int mendlite_window_strides(const struct mendlite_op *op, uint32_t stride_w, uint32_t stride_h,
                            struct mendlite_axis *y, struct mendlite_axis *x);
int mendlite_window_dilations(const struct mendlite_op *op, uint32_t dilation_w,
                              uint32_t dilation_h, struct mendlite_axis *y,
                              struct mendlite_axis *x);

/* Reads the extents of input and output. Malformed: they are not NHWC of rank 4 with the same
 * batch. */
int mendlite_window_extents(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, struct mendlite_axis *y,
                            struct mendlite_axis *x);

/* Where a tap, from 0, of the window at an output position reads the input: before 0 or beyond its
 * end for the padding. */
int32_t mendlite_axis_at(const struct mendlite_axis *axis, int32_t position, int32_t tap);

/* The taps that read the input, from first on and before end, of the window at an output position;
 * none where end <= first. */
struct mendlite_axis_taps {
  int32_t first;
  int32_t end;
};

struct mendlite_axis_taps mendlite_axis_inner(const struct mendlite_axis *axis, int32_t position);

/* Computes one image of a batch, whose values begin at the given ones of input and output. */
typedef void mendlite_window_image(const void *context, size_t image, size_t out);

/* Runs all images of a batch, whose first axis they are. */
void mendlite_window_images(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, mendlite_window_image *run_image,
                            const void *context);

/* Whether a place that mendlite_axis_at gave lies in the input. */
bool mendlite_axis_inside(const struct mendlite_axis *axis, int32_t at);

#endif
