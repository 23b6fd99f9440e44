/* The window that layers and pools slide over their input. */
#ifndef MENDLITE_WINDOW_H
#define MENDLITE_WINDOW_H

#include <stdint.h>

/* A window over (samples, height, width, depth); top and left are the padding before, and may be
 * negative. A dense layer is a window of one position. */
typedef struct {
  int64_t samples, height, width, depth;
  int64_t out_height, out_width, channels;
  int64_t kernel_height, kernel_width;
  int64_t stride_height, stride_width, dilation_height, dilation_width;
  int64_t top, left;
} Window;

#endif
