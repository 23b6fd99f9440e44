/* SELECT and SELECT_V2 (select.cc), and NEG (neg.cc). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"
#include "engine/ops/truth.h"

struct selection {
  struct mendlite_operand condition;
  struct mendlite_operand first;
  struct mendlite_operand second;
  struct mendlite_operand output;
};

static int read_selection(const struct mendlite_op *op, struct selection *by) {
  int status;
  if ((status = mendlite_op_input(op, 0, &by->condition)) < 0 ||
      (status = mendlite_op_input(op, 1, &by->first)) < 0 ||
      (status = mendlite_op_input(op, 2, &by->second)) < 0 ||
      (status = mendlite_op_output(op, 0, &by->output)) < 0 ||
      (status = mendlite_require_truth(&by->condition)) < 0 ||
      (status = mendlite_require_truth(&by->first)) < 0 ||
      (status = mendlite_require_truth(&by->second)) < 0) {
    return status;
  }
  bool one_type = by->first.tensor.type == by->second.tensor.type &&
                  by->first.tensor.type == by->output.tensor.type;
  return one_type && by->condition.tensor.type == MENDLITE_TYPE_BOOL ? MENDLITE_STATUS_OK
                                                                     : MENDLITE_STATUS_MALFORMED;
}

/* All tensors have one value: whatever their axes, the file's output stays as it is. */
static bool is_one_value(const struct selection *by) {
  return by->condition.tensor.elements == 1 && by->first.tensor.elements == 1 &&
         by->second.tensor.elements == 1 && by->output.tensor.elements == 1;
}

static void choose(const struct selection *by, struct mendlite_walk *condition,
                   struct mendlite_walk *first, struct mendlite_walk *second) {
  size_t size = by->output.tensor.element_size;
  for (uint32_t i = 0; i < by->output.tensor.elements; i++) {
    const uint8_t *from = mendlite_truth_at(&by->condition, (size_t)condition->at) != 0
                              ? by->first.data + (size_t)first->at * size
                              : by->second.data + (size_t)second->at * size;
    memcpy(by->output.data + (size_t)i * size, from, size);
    mendlite_walk_on(condition);
    mendlite_walk_on(first);
    mendlite_walk_on(second);
  }
}

/* The condition of SELECT: of the values' shape, one for all, or one along the first axis. */
static bool walk_condition(const struct selection *by, struct mendlite_walk *walk) {
  const struct mendlite_tensor *condition = &by->condition.tensor;
  const struct mendlite_tensor *output = &by->output.tensor;
  if (condition->rank == 0 || mendlite_same_shape(condition, output)) {
    mendlite_walk_along(condition, output, walk);
    return true;
  }
  if (condition->rank != 1 || output->rank == 0 || condition->dims[0] != output->dims[0]) {
    return false;
  }
  struct mendlite_tensor one_for_all = *condition;
  one_for_all.rank = 0;
  mendlite_walk_along(&one_for_all, output, walk);
  walk->strides[0] = 1;
  return true;
}

int mendlite_op_select(struct mendlite_op *op) {
  struct selection by;
  struct mendlite_walk condition = {.rank = 0};
  struct mendlite_walk values = {.rank = 0};
  int status = read_selection(op, &by);
  if (status < 0) {
    return status;
  }
  if (!is_one_value(&by)) {
    if (!mendlite_same_shape(&by.first.tensor, &by.second.tensor) ||
        !mendlite_same_shape(&by.first.tensor, &by.output.tensor) ||
        !walk_condition(&by, &condition)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    mendlite_walk_along(&by.first.tensor, &by.output.tensor, &values);
  }
  if (op->run) {
    struct mendlite_walk others = values;
    choose(&by, &condition, &values, &others);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_select_v2(struct mendlite_op *op) {
  struct selection by;
  struct mendlite_walk condition = {.rank = 0};
  struct mendlite_walk first = {.rank = 0};
  struct mendlite_walk second = {.rank = 0};
  int status = read_selection(op, &by);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &by.output.tensor;
  if (!is_one_value(&by)) {
    const struct mendlite_tensor *const inputs[] = {&by.condition.tensor, &by.first.tensor,
                                                    &by.second.tensor};
    if (!mendlite_broadcasts(inputs, 3, output)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    mendlite_walk_along(&by.condition.tensor, output, &condition);
    mendlite_walk_along(&by.first.tensor, output, &first);
    mendlite_walk_along(&by.second.tensor, output, &second);
  }
  if (op->run) {
    choose(&by, &condition, &first, &second);
  }
  return MENDLITE_STATUS_OK;
}

static bool is_negated(uint8_t type) {
  return type == MENDLITE_TYPE_INT32 || type == MENDLITE_TYPE_INT64 ||
         type == MENDLITE_TYPE_FLOAT32;
}

/* The negative of a value of size bytes, little-endian; of whole numbers it wraps. */
static void negate(const uint8_t *value, uint8_t *negative, uint32_t size, bool real) {
  uint64_t bits = 0;
  for (uint32_t k = 0; k < size; k++) {
    bits |= (uint64_t)value[k] << (8 * k);
  }
  bits = real ? bits ^ UINT64_C(0x80000000) : UINT64_C(0) - bits;
  for (uint32_t k = 0; k < size; k++) {
    negative[k] = (uint8_t)(bits >> (8 * k));
  }
}

int mendlite_op_neg(struct mendlite_op *op) {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int status;
  if ((status = mendlite_op_input(op, 0, &input)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0) {
    return status;
  }
  if (!is_negated(input.tensor.type) || output.tensor.type != input.tensor.type) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_same_shape(&input.tensor, &output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t size = output.tensor.element_size;
  for (uint32_t i = 0; op->run && i < output.tensor.elements; i++) {
    negate(input.data + (size_t)i * size, output.data + (size_t)i * size, size,
           input.tensor.type == MENDLITE_TYPE_FLOAT32);
  }
  return MENDLITE_STATUS_OK;
}
