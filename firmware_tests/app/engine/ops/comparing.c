/* Comparisons (comparisons.h, comparisons.cc) and LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT
 * (logical.cc, elementwise.cc). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"
#include "engine/ops/truth.h"

/* How a first value stands to a second one; a comparison holds for a set of these. */
enum { SMALLER = 1, SAME = 2, LARGER = 4, UNORDERED = 8 };

/* Bits of headroom: 8-bit values are compared as whole multiples of 2^-8. */
enum { LEFT_SHIFT = 8 };

struct comparison {
  struct mendlite_operand first;
  struct mendlite_operand second;
  struct mendlite_operand output;
  enum mendlite_rounding rounding;
  /* The scales of 8-bit values. */
  struct mendlite_multiplier first_by;
  struct mendlite_multiplier second_by;
};

static bool is_compared(uint8_t type, bool also_truth) {
  switch (type) {
    case MENDLITE_TYPE_INT8:
    case MENDLITE_TYPE_UINT8:
    case MENDLITE_TYPE_INT32:
    case MENDLITE_TYPE_INT64:
    case MENDLITE_TYPE_FLOAT32:
      return true;
    default:
      return also_truth && type == MENDLITE_TYPE_BOOL;
  }
}

/* Of 8 bits: TFLite Micro stops at a scale from 1 up, LiteRT shifts by less than 0 there. */
static int read_scales(const struct mendlite_op *op, struct comparison *by) {
  if (!mendlite_both_quantized(op, &by->first.tensor, &by->second.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (!(by->first.tensor.scale < 1.0f) || !(by->second.tensor.scale < 1.0f)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  by->rounding = mendlite_op_rounding(op);
  by->first_by = mendlite_quantize_multiplier((double)by->first.tensor.scale, by->rounding);
  by->second_by = mendlite_quantize_multiplier((double)by->second.tensor.scale, by->rounding);
  return MENDLITE_STATUS_OK;
}

static int read_comparison(const struct mendlite_op *op, bool also_truth, struct comparison *by) {
  struct mendlite_operand *const inputs[] = {&by->first, &by->second};
  int status;
  if ((status = mendlite_op_input(op, 0, &by->first)) < 0 ||
      (status = mendlite_op_input(op, 1, &by->second)) < 0 ||
      (status = mendlite_op_output(op, 0, &by->output)) < 0 ||
      (status = mendlite_require_truth(&by->first)) < 0 ||
      (status = mendlite_require_truth(&by->second)) < 0) {
    return status;
  }
  if (by->first.tensor.type != by->second.tensor.type ||
      !is_compared(by->first.tensor.type, also_truth)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  const struct mendlite_tensor *const read[] = {&by->first.tensor, &by->second.tensor};
  if (by->output.tensor.type != MENDLITE_TYPE_BOOL ||
      !mendlite_broadcasts(read, 2, &by->output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  mendlite_take_uint8(inputs, 2);
  return mendlite_is_int8(&by->first.tensor) ? read_scales(op, by) : MENDLITE_STATUS_OK;
}

static int64_t scaled_at(const struct comparison *by, const struct mendlite_operand *operand,
                         size_t at, struct mendlite_multiplier multiplier) {
  int32_t centred = mendlite_byte_at(operand, at) - operand->tensor.zero_point;
  return mendlite_multiply(centred * (1 << LEFT_SHIFT), multiplier, by->rounding);
}

static int64_t whole_at(const struct mendlite_operand *operand, size_t at) {
  switch (operand->tensor.type) {
    case MENDLITE_TYPE_INT64:
      return (int64_t)mendlite_fb_le64(operand->data + 8 * at);
    case MENDLITE_TYPE_BOOL:
      return mendlite_truth_at(operand, at);
    default:
      return mendlite_value_at(operand, at);
  }
}

static uint32_t order_of_floats(const struct comparison *by, size_t first, size_t second) {
  float x;
  float y;
  memcpy(&x, by->first.data + 4 * first, sizeof x);
  memcpy(&y, by->second.data + 4 * second, sizeof y);
  return x < y ? SMALLER : x > y ? LARGER : x == y ? SAME : UNORDERED;
}

static uint32_t order_of(const struct comparison *by, size_t first, size_t second) {
  if (by->first.tensor.type == MENDLITE_TYPE_FLOAT32) {
    return order_of_floats(by, first, second);
  }
  bool bytes = mendlite_is_int8(&by->first.tensor);
  int64_t x = bytes ? scaled_at(by, &by->first, first, by->first_by) : whole_at(&by->first, first);
  int64_t y =
      bytes ? scaled_at(by, &by->second, second, by->second_by) : whole_at(&by->second, second);
  return x < y ? SMALLER : x > y ? LARGER : SAME;
}

/* The answer about two values, by a set or a choice. */
typedef bool holds(const struct comparison *by, size_t first, size_t second, uint32_t chosen);

static void walk(const struct comparison *by, holds *answer, uint32_t chosen) {
  struct mendlite_walk first;
  struct mendlite_walk second;
  mendlite_walk_along(&by->first.tensor, &by->output.tensor, &first);
  mendlite_walk_along(&by->second.tensor, &by->output.tensor, &second);
  for (uint32_t i = 0; i < by->output.tensor.elements; i++) {
    by->output.data[i] = answer(by, (size_t)first.at, (size_t)second.at, chosen) ? 1 : 0;
    mendlite_walk_on(&first);
    mendlite_walk_on(&second);
  }
}

/* Whether it holds: where the order is one of the set. */
static bool is_ordered(const struct comparison *by, size_t first, size_t second, uint32_t orders) {
  return (order_of(by, first, second) & orders) != 0;
}

static int run_comparison(struct mendlite_op *op, uint32_t orders, bool also_truth) {
  struct comparison by;
  int status = read_comparison(op, also_truth, &by);
  if (status == MENDLITE_STATUS_OK && op->run) {
    walk(&by, is_ordered, orders);
  }
  return status;
}

int mendlite_op_less(struct mendlite_op *op) { return run_comparison(op, SMALLER, false); }

int mendlite_op_less_equal(struct mendlite_op *op) {
  return run_comparison(op, SMALLER | SAME, false);
}

int mendlite_op_greater(struct mendlite_op *op) { return run_comparison(op, LARGER, false); }

int mendlite_op_greater_equal(struct mendlite_op *op) {
  return run_comparison(op, LARGER | SAME, false);
}

int mendlite_op_equal(struct mendlite_op *op) { return run_comparison(op, SAME, true); }

int mendlite_op_not_equal(struct mendlite_op *op) {
  return run_comparison(op, SMALLER | LARGER | UNORDERED, true);
}

/* Whether at least so many of two truth values are true. */
static bool are_true(const struct comparison *by, size_t first, size_t second, uint32_t least) {
  uint32_t both = mendlite_truth_at(&by->first, first);
  return both + mendlite_truth_at(&by->second, second) >= least;
}

static int run_logic(struct mendlite_op *op, uint32_t least) {
  struct comparison by;
  int status = read_comparison(op, true, &by);
  if (status == MENDLITE_STATUS_OK && by.first.tensor.type != MENDLITE_TYPE_BOOL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (status == MENDLITE_STATUS_OK && op->run) {
    walk(&by, are_true, least);
  }
  return status;
}

int mendlite_op_logical_and(struct mendlite_op *op) { return run_logic(op, 2); }

int mendlite_op_logical_or(struct mendlite_op *op) { return run_logic(op, 1); }

int mendlite_op_logical_not(struct mendlite_op *op) {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int status;
  if ((status = mendlite_op_input(op, 0, &input)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0 ||
      (status = mendlite_require_truth(&input)) < 0) {
    return status;
  }
  if (input.tensor.type != MENDLITE_TYPE_BOOL || output.tensor.type != MENDLITE_TYPE_BOOL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_same_shape(&input.tensor, &output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; op->run && i < output.tensor.elements; i++) {
    output.data[i] = mendlite_truth_at(&input, i) == 0 ? 1 : 0;
  }
  return MENDLITE_STATUS_OK;
}
