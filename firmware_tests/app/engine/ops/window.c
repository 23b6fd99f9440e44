#include "engine/ops/window.h"

enum { SAME = 0, VALID = 1 };

/* Beyond any real model's; products of two stay within 32 bits. */
enum { LARGEST = 32767 };

static bool sane(int32_t value) { return value >= 1 && value <= LARGEST; }

int mendlite_axis_fit(struct mendlite_axis *axis, int32_t padding) {
  if (!sane(axis->input) || !sane(axis->output) || !sane(axis->size) || !sane(axis->stride) ||
      !sane(axis->dilation) || (padding != SAME && padding != VALID)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int32_t effective = (axis->size - 1) * axis->dilation + 1;
  int32_t covered = padding == SAME ? axis->input : axis->input - effective + 1;
  if (covered < 1 || axis->output != (covered - 1) / axis->stride + 1) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int32_t total = (axis->output - 1) * axis->stride + effective - axis->input;
  axis->before = padding == SAME && total > 0 ? total / 2 : 0;
  return MENDLITE_STATUS_OK;
}

int mendlite_window_strides(const struct mendlite_op *op, uint32_t stride_w, uint32_t stride_h,
                            struct mendlite_axis *y, struct mendlite_axis *x) {
  y->dilation = 1;
  x->dilation = 1;
  int status = mendlite_op_option(op, stride_w, 0, &x->stride);
  return status < 0 ? status : mendlite_op_option(op, stride_h, 0, &y->stride);
}

int mendlite_window_dilations(const struct mendlite_op *op, uint32_t dilation_w,
                              uint32_t dilation_h, struct mendlite_axis *y,
                              struct mendlite_axis *x) {
  int status = mendlite_op_option(op, dilation_w, 1, &x->dilation);
  return status < 0 ? status : mendlite_op_option(op, dilation_h, 1, &y->dilation);
}

int mendlite_window_extents(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, struct mendlite_axis *y,
                            struct mendlite_axis *x) {
  if (input->rank != 4 || output->rank != 4 || input->dims[0] != output->dims[0]) {
    return MENDLITE_STATUS_MALFORMED;
  }
  y->input = input->dims[1];
  x->input = input->dims[2];
  y->output = output->dims[1];
  x->output = output->dims[2];
  return MENDLITE_STATUS_OK;
}

int32_t mendlite_axis_at(const struct mendlite_axis *axis, int32_t position, int32_t tap) {
  return position * axis->stride + tap * axis->dilation - axis->before;
}

bool mendlite_axis_inside(const struct mendlite_axis *axis, int32_t at) {
  return at >= 0 && at < axis->input;
}

struct mendlite_axis_taps mendlite_axis_inner(const struct mendlite_axis *axis, int32_t position) {
  int32_t start = mendlite_axis_at(axis, position, 0);
  int32_t step = axis->dilation;
  /* Taps before the input and taps before its end, both rounded up. */
  int32_t first = start < 0 ? (step - 1 - start) / step : 0;
  int32_t end = start < axis->input ? (axis->input - start + step - 1) / step : 0;
  return (struct mendlite_axis_taps){.first = first, .end = end < axis->size ? end : axis->size};
}

void mendlite_window_images(const struct mendlite_tensor *input,
                            const struct mendlite_tensor *output, mendlite_window_image *run_image,
                            const void *context) {
  uint32_t images = (uint32_t)input->dims[0];
  size_t in_size = input->elements / images;
  size_t out_size = output->elements / images;
  for (uint32_t n = 0; n < images; n++) {
    run_image(context, n * in_size, n * out_size);
  }
}
