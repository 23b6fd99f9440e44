/* L2_NORMALIZATION of int8 along the last axis (l2normalization.h). */
#include "engine/ops/inverse_root.h"
#include "engine/ops/kernels.h"
#include "engine/ops/unary.h"

/* Field of L2NormOptions. */
enum { ACTIVATION = 0 };

/* As many squares of int8 differences as int32 can sum. */
enum { MOST_VALUES = 1 << 15 };

/* Fraction bits of the output. */
enum { FRACTION_BITS = 7 };

static void run_row(const struct mendlite_unary *unary, enum mendlite_rounding rounding,
                    uint32_t first, uint32_t size) {
  int32_t zero_point = unary->input.tensor.zero_point;
  int32_t sum = 0;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t x = mendlite_byte_at(&unary->input, i) - zero_point;
    sum += x * x;
  }
  struct mendlite_multiplier by = mendlite_inverse_root(sum);
  by.shift += FRACTION_BITS;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t x = mendlite_byte_at(&unary->input, i) - zero_point;
    int32_t found = mendlite_multiply(x, by, rounding);
    mendlite_store_byte(&unary->output, i, mendlite_clamp(found, INT8_MIN, INT8_MAX));
  }
}

int mendlite_op_l2_normalization(struct mendlite_op *op) {
  struct mendlite_unary unary;
  int32_t activation;
  int status;
  if ((status = mendlite_unary_read(op, &unary)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &unary.output.tensor;
  if (output->rank == 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t size = (uint32_t)output->dims[output->rank - 1];
  if (unary.output.flip != 0 || activation != MENDLITE_FUSED_NONE || output->scale != 1.0f / 128 ||
      output->zero_point != 0 || size >= MOST_VALUES) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t at = 0; op->run && at < output->elements; at += size) {
    run_row(&unary, mendlite_op_rounding(op), at, size);
  }
  return MENDLITE_STATUS_OK;
}
