/* LOG_SOFTMAX of 8 bits over the last axis (LogSoftmaxQuantized of log_softmax.h). */
#include "engine/exponential.h"
#include "engine/logarithm.h"
#include "engine/ops/kernels.h"
#include "engine/ops/unary.h"

/* Integer bits of a scaled difference, of the sum of exponentials, and of an output. */
enum { DIFF_BITS = 5, SUM_BITS = 12, OUTPUT_BITS = 4 };

/* As many exponentials of at most 1 as the sum holds. */
enum { MOST_VALUES = (1 << SUM_BITS) - 1 };

struct log_softmax {
  struct mendlite_unary unary;
  /* From steps of the input to Q5.26, and back. */
  struct mendlite_multiplier by;
  struct mendlite_multiplier back;
  /* Differences from the row's largest value below it count as nothing. */
  int32_t diff_min;
  enum mendlite_rounding rounding;
};

/* PreprocessLogSoftmaxScalingExp and CalculateInputRadius. TFLite stops where the way back is not
 * below 1. */
static int scale_differences(const struct mendlite_op *op, struct log_softmax *softmax) {
  const double largest = 2147483647.0;
  double real = (double)softmax->unary.input.tensor.scale * (1 << (31 - DIFF_BITS));
  softmax->rounding = mendlite_op_rounding(op);
  softmax->by = mendlite_quantize_multiplier(real < largest ? real : largest, softmax->rounding);
  if (softmax->by.shift < 2) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  double inverse = (double)(UINT32_C(1) << (31 - softmax->by.shift)) / softmax->by.factor;
  softmax->back = mendlite_quantize_multiplier(inverse, softmax->rounding);
  int64_t radius = (int64_t)((1 << DIFF_BITS) - 1) << (31 - DIFF_BITS);
  softmax->diff_min = -(int32_t)(radius >> softmax->by.shift);
  return MENDLITE_STATUS_OK;
}

static int32_t scaled(const struct log_softmax *softmax, int32_t diff) {
  return mendlite_multiply(diff, softmax->by, softmax->rounding);
}

/* One row of so many values, which begins at value first. */
static void run_row(const struct log_softmax *softmax, uint32_t first, uint32_t size) {
  const struct mendlite_operand *input = &softmax->unary.input;
  int32_t largest = INT8_MIN;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t x = mendlite_byte_at(input, i);
    largest = x > largest ? x : largest;
  }
  int32_t sum = 0;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t diff = mendlite_byte_at(input, i) - largest;
    if (diff >= softmax->diff_min) {
      int32_t exponential = mendlite_exp_on_negative_values(scaled(softmax, diff), DIFF_BITS);
      sum += mendlite_rounding_divide_by_pot(exponential, SUM_BITS);
    }
  }
  int32_t total = mendlite_log_of_sum(sum);
  int32_t least = mendlite_multiply(total + INT32_MIN, softmax->back, softmax->rounding);
  least = least > softmax->diff_min - 1 ? least : softmax->diff_min - 1;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t diff = mendlite_byte_at(input, i) - largest;
    int32_t found = INT8_MIN;
    if (diff > least) {
      found = mendlite_rounding_divide_by_pot(scaled(softmax, diff) - total,
                                              31 - DIFF_BITS - OUTPUT_BITS);
      found = mendlite_clamp(found + INT8_MAX, INT8_MIN, INT8_MAX);
    }
    mendlite_store_byte(&softmax->unary.output, i, found);
  }
}

int mendlite_op_log_softmax(struct mendlite_op *op) {
  struct log_softmax softmax;
  int status = mendlite_unary_read(op, &softmax.unary);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &softmax.unary.output.tensor;
  if (output->rank == 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t size = (uint32_t)output->dims[output->rank - 1];
  if (output->scale != 1.0f / 16 || output->zero_point != INT8_MAX || size > MOST_VALUES) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if ((status = scale_differences(op, &softmax)) < 0 || !op->run) {
    return status;
  }
  for (uint32_t at = 0; at < output->elements; at += size) {
    run_row(&softmax, at, size);
  }
  return MENDLITE_STATUS_OK;
}
