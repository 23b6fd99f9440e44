/* AVERAGE_POOL_2D and MAX_POOL_2D (reference_integer_ops::AveragePool, MaxPool). */
#include "engine/ops/kernels.h"
#include "engine/ops/values.h"
#include "engine/ops/window.h"

/* Fields of Pool2DOptions. */
enum { PADDING = 0, STRIDE_W = 1, STRIDE_H = 2, FILTER_W = 3, FILTER_H = 4, ACTIVATION = 5 };

/* What one window holds of one channel. */
struct window {
  int32_t sum;
  int32_t count;
  int32_t largest;
};

typedef int32_t reduce(struct window window);

struct pool {
  struct mendlite_operand input;
  struct mendlite_operand output;
  struct mendlite_axis y;
  struct mendlite_axis x;
  struct mendlite_range range;
  int32_t channels;
  reduce *reduce;
};

/* As many values of 8 and of 16 bits as can be summed in int32, with half of their number. */
enum { MOST_BYTES = 1 << 23, MOST_WORDS = 1 << 16 };

/* Values of a window that lie within an axis, at most. */
static int32_t values_in(const struct mendlite_axis *axis) {
  return axis->size < axis->input ? axis->size : axis->input;
}

/* Pools do not requantize: TFLite wants both ends to be the same (PoolingPrepare). */
static bool keeps_meaning(const struct mendlite_op *op, const struct mendlite_tensor *input,
                          const struct mendlite_tensor *output) {
  float difference = input->scale - output->scale;
  return mendlite_both_quantized(op, input, output) && input->zero_point == output->zero_point &&
         difference <= 1.0e-6f && difference >= -1.0e-6f;
}

static int read_pool(const struct mendlite_op *op, struct pool *pool) {
  int32_t padding;
  int32_t activation;
  int status;
  if ((status = mendlite_op_input(op, 0, &pool->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &pool->output)) < 0 ||
      (status = mendlite_op_small_option(op, PADDING, &padding)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0 ||
      (status = mendlite_window_strides(op, STRIDE_W, STRIDE_H, &pool->y, &pool->x)) < 0 ||
      (status = mendlite_op_option(op, FILTER_W, 0, &pool->x.size)) < 0 ||
      (status = mendlite_op_option(op, FILTER_H, 0, &pool->y.size)) < 0 ||
      (status = mendlite_window_extents(&pool->input.tensor, &pool->output.tensor, &pool->y,
                                        &pool->x)) < 0) {
    return status;
  }
  uint8_t type = pool->input.tensor.type;
  if (type != MENDLITE_TYPE_INT8 && type != MENDLITE_TYPE_UINT8 && type != MENDLITE_TYPE_INT16) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  pool->channels = pool->input.tensor.dims[3];
  if (pool->output.tensor.type != type || pool->output.tensor.dims[3] != pool->channels) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if ((status = mendlite_axis_fit(&pool->y, padding)) < 0 ||
      (status = mendlite_axis_fit(&pool->x, padding)) < 0) {
    return status;
  }
  int32_t most = type == MENDLITE_TYPE_INT16 ? MOST_WORDS : MOST_BYTES;
  if (values_in(&pool->y) * values_in(&pool->x) >= most) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!keeps_meaning(op, &pool->input.tensor, &pool->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return mendlite_activation_range(&pool->output.tensor, activation, &pool->range);
}

/* Of the image that begins at value first. */
static struct window look(const struct pool *pool, size_t first, int32_t row, int32_t column,
                          int32_t channel) {
  struct window window = {.sum = 0, .count = 0, .largest = INT16_MIN};
  for (int32_t i = 0; i < pool->y.size; i++) {
    int32_t y = mendlite_axis_at(&pool->y, row, i);
    for (int32_t j = 0; j < pool->x.size; j++) {
      int32_t x = mendlite_axis_at(&pool->x, column, j);
      if (!mendlite_axis_inside(&pool->y, y) || !mendlite_axis_inside(&pool->x, x)) {
        continue;
      }
      size_t at = ((size_t)y * (size_t)pool->x.input + (size_t)x) * (size_t)pool->channels;
      int32_t value = mendlite_value_at(&pool->input, first + at + (size_t)channel);
      window.sum += value;
      window.count += 1;
      window.largest = value > window.largest ? value : window.largest;
    }
  }
  return window;
}

/* Rounded half away from zero; C's division truncates. */
static int32_t average(struct window window) {
  if (window.count == 0) {
    return 0;
  }
  int32_t half = window.count / 2;
  return (window.sum + (window.sum > 0 ? half : -half)) / window.count;
}

static int32_t largest(struct window window) { return window.largest; }

static void run_image(const void *context, size_t first, size_t to) {
  const struct pool *pool = context;
  for (int32_t row = 0; row < pool->y.output; row++) {
    for (int32_t column = 0; column < pool->x.output; column++) {
      for (int32_t channel = 0; channel < pool->channels; channel++) {
        int32_t found = pool->reduce(look(pool, first, row, column, channel));
        mendlite_store_value(&pool->output, to++,
                             mendlite_clamp(found, pool->range.low, pool->range.high));
      }
    }
  }
}

static int run_pool(struct mendlite_op *op, reduce *reduce) {
  struct pool pool = {.reduce = reduce};
  int status = read_pool(op, &pool);
  if (status == MENDLITE_STATUS_OK && op->run) {
    mendlite_window_images(&pool.input.tensor, &pool.output.tensor, run_image, &pool);
  }
  return status;
}

int mendlite_op_average_pool(struct mendlite_op *op) { return run_pool(op, average); }

int mendlite_op_max_pool(struct mendlite_op *op) { return run_pool(op, largest); }
