/* RESHAPE, SQUEEZE and EXPAND_DIMS: the values in another shape. SHAPE: a shape as values. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

/* Field of ReshapeOptions and of SqueezeOptions. */
enum { NEW_SHAPE = 0, SQUEEZE_DIMS = 0 };

/* An extent that a new shape leaves open: it follows from the number of values. */
enum { REST = -1 };

/* Copies the values, where the output has the shape that it should have. */
static int move_all(const struct mendlite_op *op, const struct mendlite_move *move,
                    const struct mendlite_shape *shape) {
  if (!mendlite_has_shape(&move->output.tensor, shape) ||
      move->input.tensor.bytes != move->output.tensor.bytes) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run) {
    memcpy(move->output.data, move->input.data, move->output.tensor.bytes);
  }
  return MENDLITE_STATUS_OK;
}

/* Where extents come from: a constant's values, or a vector among the options. */
static int shape_from(const struct mendlite_op *op, const struct mendlite_vector *values,
                      struct mendlite_shape *shape) {
  if (values->length > MENDLITE_MAX_RANK) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  shape->rank = values->length;
  for (uint32_t i = 0; i < shape->rank; i++) {
    mendlite_fb_i32_in(&op->model->file, values, i, &shape->dims[i]);
  }
  return MENDLITE_STATUS_OK;
}

/* The shape that input 1 or the options ask for; one that is computed is taken as the file has it.
 */
static int wanted_shape(const struct mendlite_op *op, const struct mendlite_tensor *output,
                        struct mendlite_shape *shape) {
  struct mendlite_operand wanted;
  struct mendlite_vector values;
  int status = MENDLITE_STATUS_OK;
  if (op->node->inputs.length > 1 && (status = mendlite_op_list(op, 1, &wanted)) < 0) {
    return status;
  }
  if (op->node->inputs.length > 1 && wanted.tensor.rank == 1) {
    const struct mendlite_tensor *tensor = &wanted.tensor;
    if (tensor->type != MENDLITE_TYPE_INT32) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    if (tensor->constant == NULL) {
      shape->rank = output->rank;
      memcpy(shape->dims, output->dims, sizeof output->dims);
      return tensor->elements == output->rank ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
    }
    uint32_t at = tensor->elements > 0 ? (uint32_t)(tensor->constant - op->model->file.data) : 0;
    values = (struct mendlite_vector){.at = at, .length = tensor->elements};
    return shape_from(op, &values, shape);
  }
  if ((status = mendlite_op_vector_option(op, NEW_SHAPE, &values)) < 0 ||
      (status = shape_from(op, &values, shape)) < 0) {
    return status;
  }
  /* How older files say that there is no axis. */
  if (shape->rank == 1 && shape->dims[0] == 0) {
    shape->rank = 0;
  }
  return MENDLITE_STATUS_OK;
}

/* Replaces the one extent that may be left open. */
static int fill_rest(const struct mendlite_tensor *input, struct mendlite_shape *shape) {
  uint64_t product = 1;
  int32_t *open = NULL;
  for (uint32_t i = 0; i < shape->rank; i++) {
    int32_t extent = shape->dims[i];
    if (extent == REST && open == NULL) {
      open = &shape->dims[i];
    } else if (extent < 1 || (product *= (uint32_t)extent) > input->elements) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  if (open != NULL) {
    *open = (int32_t)(input->elements / product);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_reshape(struct mendlite_op *op) {
  struct mendlite_move move;
  struct mendlite_shape shape;
  int status;
  if ((status = mendlite_move_read(op, &move)) < 0 ||
      (status = wanted_shape(op, &move.output.tensor, &shape)) < 0 ||
      (status = fill_rest(&move.input.tensor, &shape)) < 0) {
    return status;
  }
  return move_all(op, &move, &shape);
}

/* Which axes go, one bit each: those that are named, or all of extent 1. */
static int squeezed_axes(const struct mendlite_op *op, const struct mendlite_tensor *input,
                         uint32_t *mask) {
  struct mendlite_vector named;
  int status = mendlite_op_vector_option(op, SQUEEZE_DIMS, &named);
  *mask = 0;
  for (uint32_t i = 0; i < input->rank && named.length == 0; i++) {
    *mask |= (input->dims[i] == 1 ? 1u : 0u) << i;
  }
  for (uint32_t i = 0; i < named.length && status == MENDLITE_STATUS_OK; i++) {
    int32_t axis;
    mendlite_fb_i32_in(&op->model->file, &named, i, &axis);
    status = mendlite_normal_axis((int32_t)input->rank, &axis);
    if (status == MENDLITE_STATUS_OK) {
      status = input->dims[axis] == 1 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
      *mask |= 1u << axis;
    }
  }
  return status;
}

int mendlite_op_squeeze(struct mendlite_op *op) {
  struct mendlite_move move;
  struct mendlite_shape shape = {.rank = 0};
  uint32_t mask;
  int status;
  if ((status = mendlite_move_read(op, &move)) < 0 ||
      (status = squeezed_axes(op, &move.input.tensor, &mask)) < 0) {
    return status;
  }
  for (uint32_t i = 0; i < move.input.tensor.rank; i++) {
    if (!((mask >> i) & 1u)) {
      shape.dims[shape.rank++] = move.input.tensor.dims[i];
    }
  }
  return move_all(op, &move, &shape);
}

int mendlite_op_expand_dims(struct mendlite_op *op) {
  struct mendlite_move move;
  struct mendlite_operand axes;
  struct mendlite_shape shape;
  int status;
  if ((status = mendlite_move_read(op, &move)) < 0 ||
      (status = mendlite_constant_input(op, 1, 1, &axes)) < 0) {
    return status;
  }
  int32_t axis = mendlite_constant_i32(&axes.tensor, 0);
  status = mendlite_normal_axis((int32_t)move.input.tensor.rank + 1, &axis);
  if (status < 0) {
    return status;
  }
  mendlite_put_axis(&move.input.tensor, (uint32_t)axis, 1, &shape);
  return move_all(op, &move, &shape);
}

int mendlite_op_shape(struct mendlite_op *op) {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int status;
  if ((status = mendlite_op_input(op, 0, &input)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0) {
    return status;
  }
  if (output.tensor.type != MENDLITE_TYPE_INT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (output.tensor.rank != 1 || output.tensor.elements != input.tensor.rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run) {
    memcpy(output.data, input.tensor.dims, output.tensor.bytes);
  }
  return MENDLITE_STATUS_OK;
}
