#include "engine/op.h"

#include <stddef.h>

#include "status.h"

static int packed_or_not(const struct mendlite_op *op, const struct mendlite_vector *indices,
                         uint32_t n, struct mendlite_operand *operand) {
  int32_t index;
  if (mendlite_fb_i32_in(&op->model->file, indices, n, &index) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int status = mendlite_model_tensor(op->model, index, &operand->tensor);
  operand->flip = 0;
  operand->data =
      status < 0 ? NULL : mendlite_workspace_data(op->workspace, &operand->tensor, op->run);
  return status;
}

static int operand_at(const struct mendlite_op *op, const struct mendlite_vector *indices,
                      uint32_t n, struct mendlite_operand *operand) {
  int status = packed_or_not(op, indices, n, operand);
  if (status < 0) {
    return status;
  }
  /* Neither packed values nor a variable or state itself. */
  return operand->tensor.element_size == 0 || operand->tensor.variable ? MENDLITE_STATUS_UNSUPPORTED
                                                                       : MENDLITE_STATUS_OK;
}

int mendlite_op_state(const struct mendlite_op *op, uint32_t n, struct mendlite_tensor *tensor) {
  int32_t index;
  if (mendlite_fb_i32_in(&op->model->file, &op->node->inputs, n, &index) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int status = mendlite_model_tensor(op->model, index, tensor);
  return status == MENDLITE_STATUS_OK && !tensor->variable ? MENDLITE_STATUS_UNSUPPORTED : status;
}

int mendlite_op_kept_state(const struct mendlite_op *op, uint32_t n,
                           struct mendlite_operand *state) {
  int status = mendlite_op_state(op, n, &state->tensor);
  if (status < 0) {
    return status;
  }
  struct mendlite_placement *place = &op->workspace->placements[state->tensor.index];
  state->flip = 0;
  state->data = op->run ? op->workspace->tensors + place->offset : NULL;
  if (op->run) {
    return MENDLITE_STATUS_OK;
  }
  if (place->size != 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (state->tensor.element_size == 0 || state->tensor.bytes == 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  /* As an input that is read until the end, and before it is written. */
  *place = (struct mendlite_placement){
      .size = state->tensor.bytes, .first = -1, .last = (int16_t)op->model->operators.length};
  return MENDLITE_STATUS_OK;
}

int mendlite_op_intermediate(const struct mendlite_op *op, uint32_t n,
                             struct mendlite_tensor *tensor) {
  int32_t index;
  if (n >= op->node->intermediates.length ||
      mendlite_fb_i32_in(&op->model->file, &op->node->intermediates, n, &index) < 0 || index < 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return mendlite_model_tensor(op->model, index, tensor);
}

static int not_empty(int status, const struct mendlite_operand *operand) {
  return status == MENDLITE_STATUS_OK && operand->tensor.elements == 0 ? MENDLITE_STATUS_MALFORMED
                                                                       : status;
}

int mendlite_op_list(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand) {
  return operand_at(op, &op->node->inputs, n, operand);
}

int mendlite_op_input(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand) {
  return not_empty(mendlite_op_list(op, n, operand), operand);
}

int mendlite_op_weights(const struct mendlite_op *op, uint32_t n,
                        struct mendlite_operand *operand) {
  int status = not_empty(packed_or_not(op, &op->node->inputs, n, operand), operand);
  return status == MENDLITE_STATUS_OK && operand->tensor.variable ? MENDLITE_STATUS_UNSUPPORTED
                                                                  : status;
}

int mendlite_op_output(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand) {
  int status = operand_at(op, &op->node->outputs, n, operand);
  /* Nothing may write into the model. */
  return status == MENDLITE_STATUS_OK && operand->tensor.constant != NULL
             ? MENDLITE_STATUS_MALFORMED
             : status;
}

int mendlite_op_optional_input(const struct mendlite_op *op, uint32_t n,
                               struct mendlite_operand *operand) {
  int32_t index = -1;
  if (n < op->node->inputs.length) {
    mendlite_fb_i32_in(&op->model->file, &op->node->inputs, n, &index);
  }
  if (index == -1) {
    *operand = (struct mendlite_operand){.tensor = {.index = -1}};
    return MENDLITE_STATUS_OK;
  }
  return mendlite_op_input(op, n, operand);
}

void *mendlite_op_scratch(struct mendlite_op *op, uint32_t size) {
  uint32_t start = op->scratch_size;
  uint64_t end = (uint64_t)start + (((uint64_t)size + 7) & ~UINT64_C(7));
  op->scratch_size = end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
  return op->run ? op->scratch + start : NULL;
}

int mendlite_op_option(const struct mendlite_op *op, uint32_t field, int32_t otherwise,
                       int32_t *value) {
  *value = otherwise;
  if (!op->has_options) {
    return MENDLITE_STATUS_OK;
  }
  int found = mendlite_fb_i32(&op->model->file, &op->node->options, field, otherwise, value);
  return found < 0 ? found : MENDLITE_STATUS_OK;
}

int mendlite_op_byte_option(const struct mendlite_op *op, uint32_t field, uint8_t otherwise,
                            int32_t *value) {
  uint8_t found_value = otherwise;
  *value = otherwise;
  if (!op->has_options) {
    return MENDLITE_STATUS_OK;
  }
  int found = mendlite_fb_u8(&op->model->file, &op->node->options, field, otherwise, &found_value);
  *value = found_value;
  return found < 0 ? found : MENDLITE_STATUS_OK;
}

int mendlite_op_small_option(const struct mendlite_op *op, uint32_t field, int32_t *value) {
  return mendlite_op_byte_option(op, field, 0, value);
}

int mendlite_op_vector_option(const struct mendlite_op *op, uint32_t field,
                              struct mendlite_vector *value) {
  *value = (struct mendlite_vector){.at = 0, .length = 0};
  if (!op->has_options) {
    return MENDLITE_STATUS_OK;
  }
  int found = mendlite_fb_vector(&op->model->file, &op->node->options, field, 4, value);
  return found < 0 ? found : MENDLITE_STATUS_OK;
}

enum mendlite_rounding mendlite_op_rounding(const struct mendlite_op *op) {
  bool dense_once = op->profile == MENDLITE_PROFILE_TFLITE_REF &&
                    op->node->code == MENDLITE_OPERATOR_FULLY_CONNECTED;
  return dense_once || op->profile == MENDLITE_PROFILE_SINGLE ? MENDLITE_ROUND_SINGLE
                                                              : MENDLITE_ROUND_DOUBLE;
}

bool mendlite_op_desktop(const struct mendlite_op *op) {
  return op->profile == MENDLITE_PROFILE_TFLITE_REF;
}

bool mendlite_op_narrow_product(const struct mendlite_op *op) {
  bool dense = op->node->code == MENDLITE_OPERATOR_FULLY_CONNECTED;
  return op->profile != MENDLITE_PROFILE_TFLM_2026_10 && !(dense && mendlite_op_desktop(op));
}

struct mendlite_range mendlite_type_range(uint8_t type) {
  switch (type) {
    case MENDLITE_TYPE_INT8:
      return (struct mendlite_range){.low = INT8_MIN, .high = INT8_MAX};
    case MENDLITE_TYPE_UINT8:
      return (struct mendlite_range){.low = 0, .high = UINT8_MAX};
    case MENDLITE_TYPE_INT16:
      return (struct mendlite_range){.low = INT16_MIN, .high = INT16_MAX};
    default:
      return (struct mendlite_range){.low = INT32_MIN, .high = INT32_MAX};
  }
}

/* A bound in the tensor's own values, cut off at its type's; TFLite has no such bound beyond int32.
 */
static int quantized(const struct mendlite_tensor *output, float bound, int32_t *value) {
  struct mendlite_range ends = mendlite_type_range(output->type);
  const float end = 2147483392.0f;
  float scaled = bound / output->scale;
  if (!(scaled > -end && scaled < end)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  *value =
      mendlite_clamp(output->zero_point + mendlite_round_half_away(scaled), ends.low, ends.high);
  return MENDLITE_STATUS_OK;
}

int mendlite_activation_range(const struct mendlite_tensor *output, int32_t activation,
                              struct mendlite_range *range) {
  *range = mendlite_type_range(output->type);
  int status;
  switch (activation) {
    case MENDLITE_FUSED_NONE:
      return MENDLITE_STATUS_OK;
    case MENDLITE_FUSED_RELU:
      return quantized(output, 0.0f, &range->low);
    case MENDLITE_FUSED_RELU_N1_TO_1:
      status = quantized(output, -1.0f, &range->low);
      return status < 0 ? status : quantized(output, 1.0f, &range->high);
    case MENDLITE_FUSED_RELU6:
      status = quantized(output, 0.0f, &range->low);
      return status < 0 ? status : quantized(output, 6.0f, &range->high);
    default:
      return MENDLITE_STATUS_UNSUPPORTED;
  }
}

int mendlite_op_multiplier(const struct mendlite_op *op, double real,
                           struct mendlite_multiplier *by) {
  if (mendlite_quantize_multiplier(real, MENDLITE_ROUND_DOUBLE).shift > 30) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  *by = mendlite_quantize_multiplier(real, mendlite_op_rounding(op));
  return MENDLITE_STATUS_OK;
}

bool mendlite_is_int8(const struct mendlite_tensor *tensor) {
  return tensor->type == MENDLITE_TYPE_INT8;
}

bool mendlite_both_quantized(const struct mendlite_op *op, const struct mendlite_tensor *a,
                             const struct mendlite_tensor *b) {
  return mendlite_tensor_is_quantized(op->model, a) && mendlite_tensor_is_quantized(op->model, b);
}

bool mendlite_same_meaning(const struct mendlite_op *op, const struct mendlite_tensor *a,
                           const struct mendlite_tensor *b) {
  return a->element_size != 1 || a->type == MENDLITE_TYPE_BOOL ||
         (mendlite_both_quantized(op, a, b) && a->scale == b->scale &&
          a->zero_point == b->zero_point);
}

bool mendlite_same_shape(const struct mendlite_tensor *a, const struct mendlite_tensor *b) {
  if (a->rank != b->rank) {
    return false;
  }
  for (uint32_t i = 0; i < a->rank; i++) {
    if (a->dims[i] != b->dims[i]) {
      return false;
    }
  }
  return true;
}

bool mendlite_has_shape(const struct mendlite_tensor *tensor, const struct mendlite_shape *shape) {
  if (tensor->rank != shape->rank) {
    return false;
  }
  for (uint32_t i = 0; i < tensor->rank; i++) {
    if (tensor->dims[i] != shape->dims[i]) {
      return false;
    }
  }
  return true;
}

void mendlite_put_axis(const struct mendlite_tensor *tensor, uint32_t axis, int32_t extent,
                       struct mendlite_shape *shape) {
  shape->rank = tensor->rank + 1;
  for (uint32_t i = 0; i < shape->rank; i++) {
    shape->dims[i] = i < axis ? tensor->dims[i] : i == axis ? extent : tensor->dims[i - 1];
  }
}

int mendlite_normal_axis(int32_t rank, int32_t *axis) {
  *axis += *axis < 0 ? rank : 0;
  return *axis >= 0 && *axis < rank ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}

int32_t mendlite_constant_i32(const struct mendlite_tensor *tensor, uint32_t n) {
  return (int32_t)mendlite_fb_le32(tensor->constant + 4 * (size_t)n);
}
