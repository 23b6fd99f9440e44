/* MINIMUM, MAXIMUM, SQUARED_DIFFERENCE and PRELU of two tensors that broadcast (maximum_minimum.h,
 * squared_difference.cc, prelu.h). */
#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"

static bool is_whole(const struct mendlite_tensor *tensor) {
  return mendlite_is_int8(tensor) || tensor->type == MENDLITE_TYPE_INT16 ||
         tensor->type == MENDLITE_TYPE_INT32;
}

static int32_t smaller(const void *context, int32_t x, int32_t y) {
  (void)context;
  return x < y ? x : y;
}

static int32_t larger(const void *context, int32_t x, int32_t y) {
  (void)context;
  return x > y ? x : y;
}

/* Of stored values, whatever their scales. */
static int run_extreme(struct mendlite_op *op, mendlite_combine *combine) {
  struct mendlite_pair pair;
  int status = mendlite_pair_read(op, &pair);
  if (status == MENDLITE_STATUS_OK && !is_whole(&pair.output.tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (status == MENDLITE_STATUS_OK && op->run) {
    mendlite_pair_run(&pair, combine, NULL);
  }
  return status;
}

int mendlite_op_minimum(struct mendlite_op *op) { return run_extreme(op, smaller); }

int mendlite_op_maximum(struct mendlite_op *op) { return run_extreme(op, larger); }

/* Two int8 inputs and their multipliers. */
struct scaled {
  struct mendlite_pair pair;
  enum mendlite_rounding rounding;
  struct mendlite_multiplier first_by;
  struct mendlite_multiplier second_by;
  struct mendlite_multiplier output_by;
};

static int read_scaled(const struct mendlite_op *op, struct scaled *scaled) {
  int status = mendlite_pair_read(op, &scaled->pair);
  if (status < 0) {
    return status;
  }
  /* TFLite has no uint8 kernel of them that the host follows. */
  if (!mendlite_is_int8(&scaled->pair.output.tensor) || scaled->pair.output.flip != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  scaled->rounding = mendlite_op_rounding(op);
  return mendlite_pair_quantized(op, &scaled->pair) ? MENDLITE_STATUS_OK
                                                    : MENDLITE_STATUS_MALFORMED;
}

static int32_t moved(const struct scaled *scaled, int32_t found) {
  int64_t moved = (int64_t)found + scaled->pair.output.tensor.zero_point;
  return moved < INT8_MIN ? INT8_MIN : moved > INT8_MAX ? INT8_MAX : (int32_t)moved;
}

/* Bits of headroom: 255^2 times 2^14 stays in int32. */
enum { LEFT_SHIFT = 7 };

static int32_t squared(const void *context, int32_t x, int32_t y) {
  const struct scaled *scaled = context;
  int32_t first = (x - scaled->pair.first.tensor.zero_point) * (1 << LEFT_SHIFT);
  int32_t second = (y - scaled->pair.second.tensor.zero_point) * (1 << LEFT_SHIFT);
  int32_t difference = mendlite_multiply(first, scaled->first_by, scaled->rounding) -
                       mendlite_multiply(second, scaled->second_by, scaled->rounding);
  return moved(scaled,
               mendlite_multiply(difference * difference, scaled->output_by, scaled->rounding));
}

int mendlite_op_squared_difference(struct mendlite_op *op) {
  struct scaled scaled;
  int status = read_scaled(op, &scaled);
  if (status < 0) {
    return status;
  }
  double first = (double)scaled.pair.first.tensor.scale;
  double second = (double)scaled.pair.second.tensor.scale;
  double twice = 2.0 * (first > second ? first : second);
  /* The kernels combine these two in float32. */
  float output = (float)(1 << (2 * LEFT_SHIFT)) * scaled.pair.output.tensor.scale;
  status = mendlite_op_multiplier(op, twice * twice / (double)output, &scaled.output_by);
  if (status == MENDLITE_STATUS_OK && op->run) {
    scaled.first_by = mendlite_quantize_multiplier(first / twice, scaled.rounding);
    scaled.second_by = mendlite_quantize_multiplier(second / twice, scaled.rounding);
    mendlite_pair_run(&scaled.pair, squared, &scaled);
  }
  return status;
}

/* first_by for what is not below 0, second_by for products with a slope. */
static int32_t rectified(const void *context, int32_t x, int32_t slope) {
  const struct scaled *scaled = context;
  int32_t value = x - scaled->pair.first.tensor.zero_point;
  if (value >= 0) {
    return moved(scaled, mendlite_multiply(value, scaled->first_by, scaled->rounding));
  }
  int32_t product = value * (slope - scaled->pair.second.tensor.zero_point);
  return moved(scaled, mendlite_multiply(product, scaled->second_by, scaled->rounding));
}

int mendlite_op_prelu(struct mendlite_op *op) {
  struct scaled scaled;
  int status = read_scaled(op, &scaled);
  if (status < 0) {
    return status;
  }
  if (!mendlite_same_shape(&scaled.pair.first.tensor, &scaled.pair.output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  float input = scaled.pair.first.tensor.scale;
  float slope = scaled.pair.second.tensor.scale;
  float output = scaled.pair.output.tensor.scale;
  /* activations.cc combines the scales in float32, TFLite Micro's prelu_common.cc in double. */
  float kept = input / output;
  float cut = input * slope / output;
  bool desktop = mendlite_op_desktop(op);
  if ((status = mendlite_op_multiplier(op, desktop ? (double)kept : (double)input / (double)output,
                                       &scaled.first_by)) < 0 ||
      (status = mendlite_op_multiplier(
           op, desktop ? (double)cut : (double)input * (double)slope / (double)output,
           &scaled.second_by)) < 0) {
    return status;
  }
  if (op->run) {
    mendlite_pair_run(&scaled.pair, rectified, &scaled);
  }
  return MENDLITE_STATUS_OK;
}
