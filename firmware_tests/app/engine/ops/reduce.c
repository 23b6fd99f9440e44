/* REDUCE_MAX, REDUCE_MIN, SUM, ARG_MAX and CUMSUM (reduce.h, arg_min_max.h, cumsum.cc). */
#include "engine/ops/kernels.h"
#include "engine/ops/lists.h"
#include "engine/ops/reduction.h"

static bool is_quantized_type(const struct mendlite_tensor *tensor) {
  return mendlite_is_int8(tensor) || tensor->type == MENDLITE_TYPE_UINT8 ||
         tensor->type == MENDLITE_TYPE_INT16;
}

/* How an output value changes by one more input value. */
typedef int32_t join(int32_t so_far, int32_t value);

static int32_t larger(int32_t so_far, int32_t value) { return value > so_far ? value : so_far; }

static int32_t smaller(int32_t so_far, int32_t value) { return value < so_far ? value : so_far; }

static int32_t plus(int32_t so_far, int32_t value) {
  return (int32_t)((uint32_t)so_far + (uint32_t)value);
}

static void run_reduction(struct mendlite_reduction *reduction, int32_t start, join *join) {
  const struct mendlite_operand *output = &reduction->output;
  for (uint32_t i = 0; i < output->tensor.elements; i++) {
    mendlite_store_value(output, i, start);
  }
  for (uint32_t i = 0; i < reduction->input.tensor.elements; i++) {
    size_t at = (size_t)reduction->walk.at;
    mendlite_store_value(
        output, at, join(mendlite_value_at(output, at), mendlite_value_at(&reduction->input, i)));
    mendlite_walk_on(&reduction->walk);
  }
}

/* Of stored values: both ends mean the same by them. */
static int run_extreme(struct mendlite_op *op, bool largest) {
  struct mendlite_reduction reduction;
  int status = mendlite_reduction_read(op, &reduction);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &reduction.input.tensor;
  const struct mendlite_tensor *output = &reduction.output.tensor;
  if (!is_quantized_type(input) && input->type != MENDLITE_TYPE_INT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (is_quantized_type(input) &&
      !(mendlite_both_quantized(op, input, output) && input->scale == output->scale &&
        input->zero_point == output->zero_point)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  struct mendlite_range ends = mendlite_type_range(input->type);
  if (op->run) {
    run_reduction(&reduction, largest ? ends.low : ends.high, largest ? larger : smaller);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_reduce_max(struct mendlite_op *op) { return run_extreme(op, true); }

int mendlite_op_reduce_min(struct mendlite_op *op) { return run_extreme(op, false); }

/* Of int32 modulo 2^32, of int8 and int16 scaled. */
int mendlite_op_sum(struct mendlite_op *op) {
  struct mendlite_reduction reduction;
  int status = mendlite_reduction_read(op, &reduction);
  if (status == MENDLITE_STATUS_OK && reduction.input.tensor.type != MENDLITE_TYPE_INT32) {
    return mendlite_scaled_sum(op, &reduction);
  }
  if (status == MENDLITE_STATUS_OK && op->run) {
    run_reduction(&reduction, 0, plus);
  }
  return status;
}

/* An operator along one axis, which input 1 states. */
struct along {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int32_t axis;
  /* Values in front of the axis, along it and behind it. */
  uint32_t before;
  uint32_t extent;
  uint32_t behind;
};

static int read_along(const struct mendlite_op *op, struct along *along) {
  int status;
  if ((status = mendlite_op_input(op, 0, &along->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &along->output)) < 0 ||
      (status = mendlite_list_axis(op, 1, along->input.tensor.rank, &along->axis)) < 0) {
    return status;
  }
  along->before = mendlite_before_axis(&along->input.tensor, along->axis);
  along->extent = (uint32_t)along->input.tensor.dims[along->axis];
  along->behind = mendlite_behind_axis(&along->input.tensor, along->axis);
  return MENDLITE_STATUS_OK;
}

/* The input's shape without the axis. */
static bool lacks_axis(const struct along *along) {
  const struct mendlite_tensor *input = &along->input.tensor;
  struct mendlite_shape shape = {.rank = 0};
  for (uint32_t i = 0; i < input->rank; i++) {
    if ((int32_t)i != along->axis) {
      shape.dims[shape.rank++] = input->dims[i];
    }
  }
  return mendlite_has_shape(&along->output.tensor, &shape);
}

/* Of equal values the first. */
static uint32_t position_of_largest(const struct along *along, size_t first) {
  uint32_t found = 0;
  int32_t largest = mendlite_value_at(&along->input, first);
  for (uint32_t k = 1; k < along->extent; k++) {
    int32_t value = mendlite_value_at(&along->input, first + (size_t)k * along->behind);
    if (value > largest) {
      largest = value;
      found = k;
    }
  }
  return found;
}

int mendlite_op_arg_max(struct mendlite_op *op) {
  struct along along;
  int status = read_along(op, &along);
  if (status < 0) {
    return status;
  }
  uint8_t type = along.output.tensor.type;
  if ((!is_quantized_type(&along.input.tensor) && along.input.tensor.type != MENDLITE_TYPE_INT32) ||
      (type != MENDLITE_TYPE_INT32 && type != MENDLITE_TYPE_INT64)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!lacks_axis(&along)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; op->run && i < along.output.tensor.elements; i++) {
    size_t first = (size_t)(i / along.behind) * along.extent * along.behind + i % along.behind;
    /* Not negative: the bytes above its first four are 0. */
    uint32_t size = along.output.tensor.element_size;
    uint64_t found = position_of_largest(&along, first);
    for (uint32_t k = 0; k < size; k++) {
      along.output.data[(size_t)i * size + k] = (uint8_t)(found >> (8 * k));
    }
  }
  return MENDLITE_STATUS_OK;
}

/* Fields of CumsumOptions. */
enum { EXCLUSIVE = 0, REVERSE = 1 };

static void run_sums(const struct along *along, bool exclusive, bool reverse) {
  for (uint32_t i = 0; i < along->before * along->behind; i++) {
    size_t first = (size_t)(i / along->behind) * along->extent * along->behind + i % along->behind;
    int32_t sum = 0;
    for (uint32_t k = 0; k < along->extent; k++) {
      uint32_t place = reverse ? along->extent - 1 - k : k;
      size_t at = first + (size_t)place * along->behind;
      int32_t with = plus(sum, mendlite_value_at(&along->input, at));
      mendlite_store_value(&along->output, at, exclusive ? sum : with);
      sum = with;
    }
  }
}

/* Of int32, modulo 2^32. */
int mendlite_op_cumsum(struct mendlite_op *op) {
  struct along along;
  int32_t exclusive;
  int32_t reverse;
  int status;
  if ((status = read_along(op, &along)) < 0 ||
      (status = mendlite_op_small_option(op, EXCLUSIVE, &exclusive)) < 0 ||
      (status = mendlite_op_small_option(op, REVERSE, &reverse)) < 0) {
    return status;
  }
  if (along.input.tensor.type != MENDLITE_TYPE_INT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (along.output.tensor.type != MENDLITE_TYPE_INT32 ||
      !mendlite_same_shape(&along.input.tensor, &along.output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run) {
    run_sums(&along, exclusive != 0, reverse != 0);
  }
  return MENDLITE_STATUS_OK;
}
