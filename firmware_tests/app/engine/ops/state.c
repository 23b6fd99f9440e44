/* CALL_ONCE, VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE: values kept between runs. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/variables.h"

/* The handle that is input or output 0. */
static int read_handle(const struct mendlite_op *op, const struct mendlite_vector *indices,
                       int32_t *handle) {
  struct mendlite_tensor tensor;
  int status = mendlite_fb_i32_in(&op->model->file, indices, 0, handle);
  if (status < 0 || (status = mendlite_model_tensor(op->model, *handle, &tensor)) < 0) {
    return status;
  }
  return tensor.type == MENDLITE_TYPE_RESOURCE && tensor.constant == NULL
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}

/* Whether a tensor is of the form of a variable's first value. */
static int require_form(const struct mendlite_op *op, int32_t handle,
                        const struct mendlite_tensor *tensor) {
  struct mendlite_tensor first;
  int status = mendlite_variable_first_value(op->model, handle, op->index, &first);
  if (status < 0) {
    return status;
  }
  return tensor->type == first.type && mendlite_same_shape(tensor, &first)
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_MALFORMED;
}

static uint8_t *place_of(const struct mendlite_op *op, int32_t handle) {
  return op->workspace->tensors + op->workspace->placements[handle].offset;
}

/* Nothing is left to do: first values are there before the first run. */
int mendlite_op_call_once(struct mendlite_op *op) {
  for (uint32_t i = 0; i < op->index && !op->run; i++) {
    struct mendlite_node node;
    int status = mendlite_model_node(op->model, i, &node);
    if (status < 0) {
      return status;
    }
    if (node.code == MENDLITE_OPERATOR_READ_VARIABLE ||
        node.code == MENDLITE_OPERATOR_ASSIGN_VARIABLE) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_var_handle(struct mendlite_op *op) {
  int32_t handle;
  int status = read_handle(op, &op->node->outputs, &handle);
  return status < 0 || op->run ? status
                               : mendlite_variable_place(op->model, op->workspace, op->index);
}

int mendlite_op_read_variable(struct mendlite_op *op) {
  struct mendlite_operand output;
  int32_t handle;
  int status;
  if ((status = read_handle(op, &op->node->inputs, &handle)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0) {
    return status;
  }
  if (!op->run) {
    return require_form(op, handle, &output.tensor);
  }
  memcpy(output.data, place_of(op, handle), output.tensor.bytes);
  return MENDLITE_STATUS_OK;
}

int mendlite_op_assign_variable(struct mendlite_op *op) {
  struct mendlite_operand value;
  int32_t handle;
  int status;
  if ((status = read_handle(op, &op->node->inputs, &handle)) < 0 ||
      (status = mendlite_op_input(op, 1, &value)) < 0) {
    return status;
  }
  if (!op->run) {
    return require_form(op, handle, &value.tensor);
  }
  memcpy(place_of(op, handle), value.data, value.tensor.bytes);
  return MENDLITE_STATUS_OK;
}
