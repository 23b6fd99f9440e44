/* MEAN and SUM of quantized values over any axes (reduce.h, QuantizedMeanOrSum): the division by a
 * mean's count is folded into the multiplier. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/reach.h"
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

static void run_sums(struct mendlite_reduction *reduction, struct mendlite_multiplier by,
                     enum mendlite_rounding rounding, uint32_t *sums) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  const struct mendlite_tensor *output = &reduction->output.tensor;
  memset(sums, 0, output->elements * sizeof *sums);
  for (uint32_t i = 0; i < input->elements; i++) {
    sums[reduction->walk.at] +=
        (uint32_t)(mendlite_value_at(&reduction->input, i) - input->zero_point);
    mendlite_walk_on(&reduction->walk);
  }
  for (uint32_t i = 0; i < output->elements; i++) {
    int32_t found = mendlite_requantize((int32_t)sums[i], by, rounding, output->zero_point);
    mendlite_store_within(&reduction->output, i, found, mendlite_type_range(output->type));
  }
}

/* int16 has no zero-points. */
static bool is_run(const struct mendlite_op *op, const struct mendlite_reduction *reduction) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  if (input->type == MENDLITE_TYPE_INT16) {
    return reduction->count < MOST_WORDS && mendlite_has_no_zero_point(op->model, input) &&
           mendlite_has_no_zero_point(op->model, &reduction->output.tensor);
  }
  return mendlite_is_int8(input) && reduction->count < MOST_BYTES;
}

/* The multiplier of a sum. */
static int read_multiplier(const struct mendlite_op *op, const struct mendlite_reduction *reduction,
                           struct mendlite_multiplier *by) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  const struct mendlite_tensor *output = &reduction->output.tensor;
  if (!is_run(op, reduction)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_both_quantized(op, input, output)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return mendlite_op_multiplier(op, (double)input->scale / (double)output->scale, by);
}

static int run_or_check(struct mendlite_op *op, struct mendlite_reduction *reduction,
                        struct mendlite_multiplier by) {
  uint32_t *sums =
      mendlite_op_scratch(op, reduction->output.tensor.elements * (uint32_t)sizeof(uint32_t));
  if (op->run) {
    run_sums(reduction, by, mendlite_op_rounding(op), sums);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_mean(struct mendlite_op *op) {
  struct mendlite_reduction mean;
  struct mendlite_multiplier by;
  int status;
  if ((status = mendlite_reduction_read(op, &mean)) < 0 ||
      (status = read_multiplier(op, &mean, &by)) < 0) {
    return status;
  }
  return run_or_check(op, &mean, divided(by, mean.count));
}

/* The largest magnitude of a sum. */
static int64_t reach_of(const struct mendlite_reduction *reduction) {
  const struct mendlite_tensor *input = &reduction->input.tensor;
  struct mendlite_range ends = mendlite_type_range(input->type);
  int32_t above = ends.high - input->zero_point;
  int32_t below = input->zero_point - ends.low;
  return (int64_t)reduction->count * (above > below ? above : below);
}

int mendlite_scaled_sum(struct mendlite_op *op, struct mendlite_reduction *sum) {
  struct mendlite_multiplier by;
  /* LiteRT computes other sums, and TFLite Micro has none of uint8. */
  if (mendlite_op_desktop(op) || sum->input.flip != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  int status = read_multiplier(op, sum, &by);
  if (status < 0) {
    return status;
  }
  if (!mendlite_stays_within_int32(reach_of(sum), by)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return run_or_check(op, sum, by);
}
