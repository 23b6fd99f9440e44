/* MEAN over any axes (reduce.h, QuantizedMeanOrSum): the division by the count is folded into the
 * multiplier. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/reduction.h"

/* As many values of 8 and of 16 bits as can be summed in int32, and more than any mean has. */
enum { MOST_BYTES = 1 << 23, MOST_WORDS = 1 << 16 };

static struct mendlite_multiplier divided(struct mendlite_multiplier by, uint32_t count) {
  int32_t bits = 0;
  while (count >> (bits + 1)) {
    bits++;
  }
  /* As many bits as the count has are gained before the division, if the shift allows. */
  int32_t up = bits < 31 + by.shift ? bits : 31 + by.shift;
  int64_t scaled = (int64_t)by.factor * (INT64_C(1) << up);
  return (struct mendlite_multiplier){.factor = (int32_t)(scaled / count), .shift = by.shift - up};
}

static void run_mean(struct mendlite_reduction *mean, struct mendlite_multiplier by,
                     enum mendlite_rounding rounding, uint32_t *sums) {
  const struct mendlite_tensor *input = &mean->input.tensor;
  const struct mendlite_tensor *output = &mean->output.tensor;
  memset(sums, 0, output->elements * sizeof *sums);
  for (uint32_t i = 0; i < input->elements; i++) {
    sums[mean->walk.at] += (uint32_t)(mendlite_value_at(&mean->input, i) - input->zero_point);
    mendlite_walk_on(&mean->walk);
  }
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = mendlite_requantize((int32_t)sums[i], by, rounding, output->zero_point);
    mendlite_store_within(&mean->output, i, found, mendlite_type_range(output->type));
  }
}

/* int16 has no zero-points. */
static bool is_run(const struct mendlite_op *op, const struct mendlite_reduction *mean) {
  const struct mendlite_tensor *input = &mean->input.tensor;
  if (input->type == MENDLITE_TYPE_INT16) {
    return mean->count < MOST_WORDS && mendlite_has_no_zero_point(op->model, input) &&
           mendlite_has_no_zero_point(op->model, &mean->output.tensor);
  }
  return mendlite_is_int8(input) && mean->count < MOST_BYTES;
}

int mendlite_op_mean(struct mendlite_op *op) {
  struct mendlite_reduction mean;
  struct mendlite_multiplier by;
  int status = mendlite_reduction_read(op, &mean);
  if (status < 0) {
    return status;
  }
  if (!is_run(op, &mean)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, &mean.input.tensor, &mean.output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  double real = (double)mean.input.tensor.scale / (double)mean.output.tensor.scale;
  if ((status = mendlite_op_multiplier(op, real, &by)) < 0) {
    return status;
  }
  uint32_t *sums =
      mendlite_op_scratch(op, mean.output.tensor.elements * (uint32_t)sizeof(uint32_t));
  if (op->run) {
    run_mean(&mean, divided(by, mean.count), mendlite_op_rounding(op), sums);
  }
  return MENDLITE_STATUS_OK;
}
