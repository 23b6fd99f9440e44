/* SPLIT, SPLIT_V and UNPACK: parts along an axis, one an output. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/lists.h"

/* Fields of SplitOptions and UnpackOptions. */
enum { SPLIT_COUNT = 0, UNPACK_COUNT = 0, UNPACK_AXIS = 1 };

/* How an axis of the input is cut. */
struct cut {
  struct mendlite_operand input;
  int32_t axis;
  /* Sizes of the parts; NULL: all are size. One of -1 is rest. */
  const struct mendlite_operand *sizes;
  int32_t size;
  int32_t rest;
  /* The axis goes. */
  bool drops;
};

static int32_t size_of(const struct cut *cut, uint32_t n) {
  int32_t size = cut->sizes == NULL ? cut->size : mendlite_list_at(cut->sizes, n);
  return size == -1 ? cut->rest : size;
}

static bool fits(const struct cut *cut, const struct mendlite_tensor *part, int32_t size) {
  struct mendlite_shape shape = {.rank = 0};
  for (uint32_t i = 0; i < cut->input.tensor.rank; i++) {
    if ((int32_t)i != cut->axis) {
      shape.dims[shape.rank++] = cut->input.tensor.dims[i];
    } else if (!cut->drops) {
      shape.dims[shape.rank++] = size;
    }
  }
  return mendlite_has_shape(part, &shape);
}

/* Copies the part of so many bytes in each stretch of the input that begins at an offset. */
static void copy(const struct cut *cut, const struct mendlite_operand *part, uint32_t offset) {
  uint32_t stretches = mendlite_before_axis(&cut->input.tensor, cut->axis);
  uint32_t size = part->tensor.bytes / stretches;
  uint32_t step = cut->input.tensor.bytes / stretches;
  for (uint32_t i = 0; i < stretches; i++) {
    memcpy(part->data + (size_t)i * size, cut->input.data + (size_t)i * step + offset, size);
  }
}

static int run_cut(const struct mendlite_op *op, const struct cut *cut) {
  int32_t left = cut->input.tensor.dims[cut->axis];
  uint32_t step =
      mendlite_behind_axis(&cut->input.tensor, cut->axis) * cut->input.tensor.element_size;
  uint32_t offset = 0;
  for (uint32_t n = 0; n < op->node->outputs.length; n++) {
    struct mendlite_operand part;
    int status = mendlite_op_output(op, n, &part);
    int32_t size = size_of(cut, n);
    if (status < 0) {
      return status;
    }
    if (part.tensor.type != cut->input.tensor.type) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    if (size < 1 || size > left || !fits(cut, &part.tensor, size)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (op->run) {
      copy(cut, &part, offset);
    }
    left -= size;
    offset += (uint32_t)size * step;
  }
  return left == 0 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}

int mendlite_op_split(struct mendlite_op *op) {
  struct cut cut = {.drops = false};
  int32_t count;
  int status;
  if ((status = mendlite_op_input(op, 1, &cut.input)) < 0 ||
      (status = mendlite_list_axis(op, 0, cut.input.tensor.rank, &cut.axis)) < 0 ||
      (status = mendlite_op_option(op, SPLIT_COUNT, 0, &count)) < 0) {
    return status;
  }
  int32_t extent = cut.input.tensor.dims[cut.axis];
  if ((uint32_t)count != op->node->outputs.length || extent % count != 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  cut.size = extent / count;
  return run_cut(op, &cut);
}

/* What the one size of -1 stands for. */
static int find_rest(struct cut *cut) {
  int64_t sum = 0;
  uint32_t open = 0;
  for (uint32_t i = 0; i < cut->sizes->tensor.elements; i++) {
    int32_t size = mendlite_list_at(cut->sizes, i);
    open += size == -1;
    sum += size == -1 ? 0 : size;
  }
  int64_t rest = cut->input.tensor.dims[cut->axis] - sum;
  cut->rest = open == 1 && rest > 0 ? (int32_t)rest : 0;
  return open > 1 || rest < 0 || rest > INT32_MAX ? MENDLITE_STATUS_MALFORMED : MENDLITE_STATUS_OK;
}

int mendlite_op_split_v(struct mendlite_op *op) {
  struct mendlite_operand sizes;
  struct cut cut = {.sizes = &sizes};
  int status;
  if ((status = mendlite_op_input(op, 0, &cut.input)) < 0 ||
      (status = mendlite_list_read(op, 1, &sizes)) < 0 ||
      (status = mendlite_list_axis(op, 2, cut.input.tensor.rank, &cut.axis)) < 0) {
    return status;
  }
  if (sizes.tensor.elements != op->node->outputs.length) {
    return MENDLITE_STATUS_MALFORMED;
  }
  status = find_rest(&cut);
  return status < 0 ? status : run_cut(op, &cut);
}

int mendlite_op_unpack(struct mendlite_op *op) {
  struct cut cut = {.drops = true, .size = 1};
  int32_t count;
  int status;
  if ((status = mendlite_op_input(op, 0, &cut.input)) < 0 ||
      (status = mendlite_op_option(op, UNPACK_COUNT, 0, &count)) < 0 ||
      (status = mendlite_op_option(op, UNPACK_AXIS, 0, &cut.axis)) < 0 ||
      (status = mendlite_normal_axis((int32_t)cut.input.tensor.rank, &cut.axis)) < 0) {
    return status;
  }
  return (uint32_t)count == op->node->outputs.length ? run_cut(op, &cut)
                                                     : MENDLITE_STATUS_MALFORMED;
}
