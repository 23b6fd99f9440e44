/* SOFTMAX of int16 over the last axis (SoftmaxInt16 of softmax.h). */
#include "engine/ops/unary.h"
#include "engine/ops/wide_curves.h"
#include "engine/ops/wide_tables.h"

struct softmax {
  struct mendlite_unary unary;
  struct mendlite_multiplier by;
  enum mendlite_rounding rounding;
  /* Whether LiteRT's points are taken. */
  bool desktop;
};

/* The points where LiteRT's table of reciprocals has another number. */
static int32_t reciprocal_point(const struct softmax *softmax, int32_t place) {
  if (softmax->desktop && place == 160) {
    return 24967;
  }
  if (softmax->desktop && place == 294) {
    return 20815;
  }
  return mendlite_reciprocal_points[place];
}

/* LUTLookup of an int16 value between two points. */
static int32_t between(int32_t low, int32_t high, int32_t x) {
  return low + (((high - low) * (x & 127) + 64) >> 7);
}

static int32_t place_of(int32_t x) { return 256 + (x >> 7); }

/* In 2^-15, of a difference from the row's largest value. */
static int32_t exponential(const struct softmax *softmax, int32_t below) {
  int32_t scaled = mendlite_multiply(below, softmax->by, softmax->rounding);
  int32_t x = mendlite_clamp(scaled, INT16_MIN - INT16_MAX, 0) + INT16_MAX;
  int32_t place = place_of(x);
  return between(mendlite_exp_points[place], mendlite_exp_points[place + 1], x);
}

static int32_t reciprocal(const struct softmax *softmax, int64_t shifted) {
  int32_t x = mendlite_clamp((int32_t)(shifted - (1 << 15) - (1 << 16)), INT16_MIN, INT16_MAX);
  int32_t place = place_of(x);
  return between(reciprocal_point(softmax, place), reciprocal_point(softmax, place + 1), x);
}

/* One row of so many values, which begins at value first. */
static void run_row(const struct softmax *softmax, uint32_t first, uint32_t size) {
  const struct mendlite_operand *input = &softmax->unary.input;
  int32_t largest = INT16_MIN;
  for (uint32_t i = first; i < first + size; i++) {
    int32_t x = mendlite_value_at(input, i);
    largest = x > largest ? x : largest;
  }
  int64_t sum = 0;
  for (uint32_t i = first; i < first + size; i++) {
    sum += exponential(softmax, mendlite_value_at(input, i) - largest);
  }
  /* The largest value's exponential alone has so many. */
  int32_t bits = 15;
  while (sum >> bits != 0) {
    bits++;
  }
  /* The sum's highest bit becomes bit 30. */
  int32_t share = reciprocal(softmax, ((sum << (31 - bits)) + (1 << 13)) >> 14);
  int32_t right = bits - 1;
  for (uint32_t i = first; i < first + size; i++) {
    int64_t product = (int64_t)exponential(softmax, mendlite_value_at(input, i) - largest) * share;
    mendlite_store_within(&softmax->unary.output, i,
                          (product + (INT64_C(1) << (right - 1))) >> right,
                          (struct mendlite_range){.low = 0, .high = INT16_MAX});
  }
}

int mendlite_wide_softmax(struct mendlite_op *op, float beta) {
  const double step = 10.0 / 65535.0;
  struct softmax softmax = {.desktop = mendlite_op_desktop(op),
                            .rounding = mendlite_op_rounding(op)};
  int status = mendlite_unary_read_int16(op, &softmax.unary);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &softmax.unary.output.tensor;
  float scale = softmax.unary.input.tensor.scale;
  double exact = (double)scale * (double)beta;
  /* LiteRT multiplies the two in float32. */
  float narrow = scale * beta;
  if (output->scale != 1.0f / 32768 || output->rank == 0 ||
      output->dims[output->rank - 1] > UINT16_MAX || !(exact / step < 32768.0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  softmax.by = mendlite_quantize_multiplier((softmax.desktop ? (double)narrow : exact) / step,
                                            softmax.rounding);
  uint32_t size = (uint32_t)output->dims[output->rank - 1];
  for (uint32_t at = 0; op->run && at < output->elements; at += size) {
    run_row(&softmax, at, size);
  }
  return MENDLITE_STATUS_OK;
}
