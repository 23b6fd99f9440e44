/* SOFTMAX of 8 bits over the last axis (reference_ops::Softmax, softmax.h). */
#include <string.h>

#include "engine/exponential.h"
#include "engine/ops/kernels.h"
#include "engine/ops/unary.h"
#include "engine/ops/wide_curves.h"

/* Field of SoftmaxOptions. */
enum { BETA = 0 };

/* Integer bits of a scaled difference, and of the sum of exponentials. */
enum { DIFF_BITS = 5, SUM_BITS = 12 };

struct softmax {
  struct mendlite_unary unary;
  struct mendlite_multiplier by;
  /* Differences from the row's largest value below it count as nothing. */
  int32_t diff_min;
};

static int read_beta(const struct mendlite_op *op, float *beta) {
  int32_t bits;
  int status = mendlite_op_option(op, BETA, 0, &bits);
  memcpy(beta, &bits, sizeof *beta);
  /* Above zero, neither infinite nor NaN. */
  return status < 0                        ? status
         : bits <= 0 || bits >= 0x7f800000 ? MENDLITE_STATUS_UNSUPPORTED
                                           : MENDLITE_STATUS_OK;
}

/* PreprocessSoftmaxScaling and CalculateInputRadius. TFLite stops where the multiplier is not above
 * one (QuantizeMultiplierGreaterThanOne). */
static int scale_differences(struct softmax *softmax, float beta) {
  const double largest = 2147483647.0;
  double real = (double)beta * (double)softmax->unary.input.tensor.scale * (1 << (31 - DIFF_BITS));
  if (!(real > 1.0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  softmax->by =
      mendlite_quantize_multiplier(real < largest ? real : largest, MENDLITE_ROUND_DOUBLE);
  int64_t radius = (int64_t)((1 << DIFF_BITS) - 1) << (31 - DIFF_BITS);
  softmax->diff_min = -(int32_t)(radius >> softmax->by.shift);
  return MENDLITE_STATUS_OK;
}

static int32_t exponential(const struct softmax *softmax, int32_t diff) {
  int32_t shifted = (int32_t)((uint32_t)diff << softmax->by.shift);
  int32_t scaled = mendlite_doubling_high_mul(shifted, softmax->by.factor);
  return mendlite_exp_on_negative_values(scaled, DIFF_BITS);
}

/* One row of so many values, which begins at value first. */
static void run_row(const struct softmax *softmax, uint32_t first, uint32_t size) {
  const struct mendlite_operand *input = &softmax->unary.input;
  int32_t largest = -128;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t x = mendlite_byte_at(input, i);
    largest = x > largest ? x : largest;
  }
  uint32_t sum = 0;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t diff = mendlite_byte_at(input, i) - largest;
    if (diff >= softmax->diff_min) {
      sum += (uint32_t)mendlite_rounding_divide_by_pot(exponential(softmax, diff), SUM_BITS);
    }
  }
  /* GetReciprocal: the sum's mantissa in [1, 2), less its leading 1. */
  int32_t headroom = mendlite_leading_zeros(sum);
  int32_t scale = mendlite_one_over_one_plus((int32_t)((sum << headroom) - UINT32_C(0x80000000)));
  int32_t over = SUM_BITS - headroom + 31 - 8;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t diff = mendlite_byte_at(input, i) - largest;
    int32_t found = -128;
    /* A sum of 512 exponentials of 0 and more leaves less than half a step of each. */
    if (diff >= softmax->diff_min && over <= 31) {
      int32_t share = mendlite_doubling_high_mul(scale, exponential(softmax, diff));
      found = mendlite_clamp(mendlite_rounding_divide_by_pot(share, over) - 128, -128, 127);
    }
    mendlite_store_byte(&softmax->unary.output, i, found);
  }
}

int mendlite_op_softmax(struct mendlite_op *op) {
  struct softmax softmax;
  float beta = 0;
  int status;
  if ((status = read_beta(op, &beta)) < 0) {
    return status;
  }
  if (mendlite_takes_int16(op)) {
    return mendlite_wide_softmax(op, beta);
  }
  if ((status = mendlite_unary_read(op, &softmax.unary)) < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &softmax.unary.output.tensor;
  /* The rows' sums stay below 2^32 up to so many values. */
  const int32_t longest = 8191;
  if (output->scale != 1.0f / 256 || output->zero_point != -128 || output->rank == 0 ||
      output->dims[output->rank - 1] > longest) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if ((status = scale_differences(&softmax, beta)) < 0 || !op->run) {
    return status;
  }
  uint32_t size = (uint32_t)output->dims[output->rank - 1];
  for (uint32_t at = 0; at < output->elements; at += size) {
    run_row(&softmax, at, size);
  }
  return MENDLITE_STATUS_OK;
}
