#include "engine/op.h"

#include <stddef.h>

#include "status.h"

static int operand_at(const struct op *op, const struct vector *indices, uint32_t n,
                      struct operand *operand) {
  int32_t index;
  if (fb_i32_in(&op->model->file, indices, n, &index) < 0) {
    return STATUS_MALFORMED;
  }
  int status = model_tensor(op->model, index, &operand->tensor);
  operand->data = status < 0 ? NULL : workspace_data(op->workspace, &operand->tensor, op->run);
  return status;
}

int op_list(const struct op *op, uint32_t n, struct operand *operand) {
  return operand_at(op, &op->node->inputs, n, operand);
}

int op_input(const struct op *op, uint32_t n, struct operand *operand) {
  int status = op_list(op, n, operand);
  return status == STATUS_OK && operand->tensor.elements == 0 ? STATUS_MALFORMED : status;
}

int op_output(const struct op *op, uint32_t n, struct operand *operand) {
  int status = operand_at(op, &op->node->outputs, n, operand);
  /* Nothing may write into the model. */
  return status == STATUS_OK && operand->tensor.constant != NULL ? STATUS_MALFORMED : status;
}

int op_optional_input(const struct op *op, uint32_t n, struct operand *operand) {
  int32_t index = -1;
  if (n < op->node->inputs.length) {
    fb_i32_in(&op->model->file, &op->node->inputs, n, &index);
  }
  if (index == -1) {
    *operand = (struct operand){.tensor = {.index = -1}};
    return STATUS_OK;
  }
  return op_input(op, n, operand);
}

void *op_scratch(struct op *op, uint32_t size) {
  uint32_t start = op->scratch_size;
  uint64_t end = (uint64_t)start + (((uint64_t)size + 7) & ~UINT64_C(7));
  op->scratch_size = end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
  return op->run ? op->scratch + start : NULL;
}

int op_option(const struct op *op, uint32_t field, int32_t otherwise, int32_t *value) {
  *value = otherwise;
  if (!op->has_options) {
    return STATUS_OK;
  }
  int found = fb_i32(&op->model->file, &op->node->options, field, otherwise, value);
  return found < 0 ? found : STATUS_OK;
}

int op_small_option(const struct op *op, uint32_t field, int32_t *value) {
  uint8_t found_value = 0;
  *value = 0;
  if (!op->has_options) {
    return STATUS_OK;
  }
  int found = fb_u8(&op->model->file, &op->node->options, field, 0, &found_value);
  *value = found_value;
  return found < 0 ? found : STATUS_OK;
}

int op_vector_option(const struct op *op, uint32_t field, struct vector *value) {
  *value = (struct vector){.at = 0, .length = 0};
  if (!op->has_options) {
    return STATUS_OK;
  }
  int found = fb_vector(&op->model->file, &op->node->options, field, 4, value);
  return found < 0 ? found : STATUS_OK;
}

enum rounding op_rounding(const struct op *op) {
  bool dense_once = op->profile == PROFILE_TFLITE_REF && op->node->code == OPERATOR_FULLY_CONNECTED;
  return dense_once || op->profile == PROFILE_SINGLE ? ROUND_SINGLE : ROUND_DOUBLE;
}

bool op_desktop(const struct op *op) { return op->profile == PROFILE_TFLITE_REF; }

/* A bound in the tensor's own values, cut off at an int8's; TFLite has no such bound beyond int32.
 */
static int quantized(const struct tensor *output, float bound, int32_t *value) {
  const float end = 2147483392.0f;
  float scaled = bound / output->scale;
  if (!(scaled > -end && scaled < end)) {
    return STATUS_UNSUPPORTED;
  }
  *value = clamp(output->zero_point + round_half_away(scaled), -128, 127);
  return STATUS_OK;
}

int activation_range(const struct tensor *output, int32_t activation, struct range *range) {
  *range = (struct range){.low = -128, .high = 127};
  int status;
  switch (activation) {
    case FUSED_NONE:
      return STATUS_OK;
    case FUSED_RELU:
      return quantized(output, 0.0f, &range->low);
    case FUSED_RELU_N1_TO_1:
      status = quantized(output, -1.0f, &range->low);
      return status < 0 ? status : quantized(output, 1.0f, &range->high);
    case FUSED_RELU6:
      status = quantized(output, 0.0f, &range->low);
      return status < 0 ? status : quantized(output, 6.0f, &range->high);
    default:
      return STATUS_UNSUPPORTED;
  }
}

int op_multiplier(const struct op *op, double real, struct multiplier *by) {
  if (quantize_multiplier(real, ROUND_DOUBLE).shift > 30) {
    return STATUS_UNSUPPORTED;
  }
  *by = quantize_multiplier(real, op_rounding(op));
  return STATUS_OK;
}

bool is_int8(const struct tensor *tensor) { return tensor->type == TYPE_INT8; }

bool both_quantized(const struct op *op, const struct tensor *a, const struct tensor *b) {
  return tensor_is_quantized(op->model, a) && tensor_is_quantized(op->model, b);
}

bool same_meaning(const struct op *op, const struct tensor *a, const struct tensor *b) {
  return a->element_size != 1 || a->type == TYPE_BOOL ||
         (both_quantized(op, a, b) && a->scale == b->scale && a->zero_point == b->zero_point);
}

bool same_shape(const struct tensor *a, const struct tensor *b) {
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

bool has_shape(const struct tensor *tensor, const struct shape *shape) {
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

void put_axis(const struct tensor *tensor, uint32_t axis, int32_t extent, struct shape *shape) {
  shape->rank = tensor->rank + 1;
  for (uint32_t i = 0; i < shape->rank; i++) {
    shape->dims[i] = i < axis ? tensor->dims[i] : i == axis ? extent : tensor->dims[i - 1];
  }
}

int normal_axis(int32_t rank, int32_t *axis) {
  *axis += *axis < 0 ? rank : 0;
  return *axis >= 0 && *axis < rank ? STATUS_OK : STATUS_MALFORMED;
}

int32_t constant_i32(const struct tensor *tensor, uint32_t n) {
  return (int32_t)fb_le32(tensor->constant + 4 * (size_t)n);
}
