/* STRIDED_SLICE with begin, end and shrink masks (strided_slice_logic.h). */
#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

/* Fields of StridedSliceOptions. */
enum { BEGIN_MASK = 0, END_MASK = 1, ELLIPSIS_MASK = 2, NEW_AXIS_MASK = 3, SHRINK_MASK = 4 };

struct slice {
  struct mendlite_move move;
  struct mendlite_operand begin;
  struct mendlite_operand end;
  struct mendlite_operand step;
  /* How many axes they speak of; the others stay whole. */
  uint32_t axes;
  int32_t begin_mask;
  int32_t end_mask;
  int32_t shrink_mask;
};

static int read_slice(const struct mendlite_op *op, struct slice *slice) {
  int32_t ellipsis;
  int32_t new_axis;
  int status = mendlite_move_read(op, &slice->move);
  if (status < 0) {
    return status;
  }
  if ((status = mendlite_op_list(op, 1, &slice->begin)) < 0) {
    return status;
  }
  slice->axes = slice->begin.tensor.elements;
  if (slice->axes > slice->move.input.tensor.rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if ((status = mendlite_constant_input(op, 1, slice->axes, &slice->begin)) < 0 ||
      (status = mendlite_constant_input(op, 2, slice->axes, &slice->end)) < 0 ||
      (status = mendlite_constant_input(op, 3, slice->axes, &slice->step)) < 0 ||
      (status = mendlite_op_option(op, BEGIN_MASK, 0, &slice->begin_mask)) < 0 ||
      (status = mendlite_op_option(op, END_MASK, 0, &slice->end_mask)) < 0 ||
      (status = mendlite_op_option(op, ELLIPSIS_MASK, 0, &ellipsis)) < 0 ||
      (status = mendlite_op_option(op, NEW_AXIS_MASK, 0, &new_axis)) < 0 ||
      (status = mendlite_op_option(op, SHRINK_MASK, 0, &slice->shrink_mask)) < 0) {
    return status;
  }
  return ellipsis != 0 || new_axis != 0 ? MENDLITE_STATUS_UNSUPPORTED : MENDLITE_STATUS_OK;
}

/* An index counted from the end where it is negative, held within [low, high]. */
static int32_t within(int32_t index, int32_t extent, int32_t low, int32_t high) {
  int64_t from_start = index < 0 ? (int64_t)index + extent : index;
  return from_start < low ? low : from_start > high ? high : (int32_t)from_start;
}

/* Whether an axis goes: it has one position then. */
static bool shrinks(const struct slice *slice, uint32_t axis) {
  return axis < slice->axes && ((slice->shrink_mask >> axis) & 1);
}

struct range_of_axis {
  int32_t start;
  int32_t step;
  int32_t count;
};

static int axis_range(const struct slice *slice, uint32_t axis, struct range_of_axis *range) {
  int32_t extent = slice->move.input.tensor.dims[axis];
  if (axis >= slice->axes) {
    *range = (struct range_of_axis){.start = 0, .step = 1, .count = extent};
    return MENDLITE_STATUS_OK;
  }
  int32_t begin = mendlite_constant_i32(&slice->begin.tensor, axis);
  int32_t end = mendlite_constant_i32(&slice->end.tensor, axis);
  int32_t step = mendlite_constant_i32(&slice->step.tensor, axis);
  if (step == 0 || step == INT32_MIN) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (shrinks(slice, axis)) {
    begin = (slice->begin_mask >> axis) & 1 ? 0 : begin;
    if (step < 0 || begin < -extent || begin >= extent) {
      return MENDLITE_STATUS_MALFORMED;
    }
    *range =
        (struct range_of_axis){.start = begin < 0 ? begin + extent : begin, .step = 1, .count = 1};
    return MENDLITE_STATUS_OK;
  }
  bool up = step > 0;
  int32_t low = up ? 0 : -1;
  int32_t high = up ? extent : extent - 1;
  int32_t first =
      (slice->begin_mask >> axis) & 1 ? (up ? low : high) : within(begin, extent, low, high);
  int32_t last = (slice->end_mask >> axis) & 1 ? (up ? high : low) : within(end, extent, low, high);
  int32_t span = up ? last - first : first - last;
  int32_t stride = up ? step : -step;
  *range = (struct range_of_axis){
      .start = first, .step = step, .count = span <= 0 ? 0 : (span - 1) / stride + 1};
  return MENDLITE_STATUS_OK;
}

/* How the output's values are found in the input; all axes are walked, those that shrink once. */
static int plan_walk(const struct slice *slice, struct mendlite_walk *walk) {
  int32_t strides[MENDLITE_MAX_RANK];
  struct mendlite_shape shape = {.rank = 0};
  const struct mendlite_tensor *input = &slice->move.input.tensor;
  mendlite_contiguous(input, strides);
  *walk = (struct mendlite_walk){.rank = input->rank};
  for (uint32_t i = 0; i < input->rank; i++) {
    struct range_of_axis range;
    int status = axis_range(slice, i, &range);
    if (status < 0) {
      return status;
    }
    if (range.count < 1) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    walk->dims[i] = range.count;
    /* A step is taken only where there is more than one position: then it stays within. */
    walk->strides[i] = range.count > 1 ? range.step * strides[i] : 0;
    walk->at += range.start * strides[i];
    if (!shrinks(slice, i)) {
      shape.dims[shape.rank++] = range.count;
    }
  }
  return mendlite_has_shape(&slice->move.output.tensor, &shape) ? MENDLITE_STATUS_OK
                                                                : MENDLITE_STATUS_MALFORMED;
}

int mendlite_op_strided_slice(struct mendlite_op *op) {
  struct slice slice;
  struct mendlite_walk walk;
  int status;
  if ((status = read_slice(op, &slice)) < 0 || (status = plan_walk(&slice, &walk)) < 0) {
    return status;
  }
  if (op->run) {
    mendlite_move_values(&slice.move, &walk);
  }
  return MENDLITE_STATUS_OK;
}
