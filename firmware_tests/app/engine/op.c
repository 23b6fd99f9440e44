#include "engine/op.h"

#include "engine/integer_engine.h"

static int operand_at(const struct op *op, const struct vector *indices, uint32_t n,
                      struct operand *operand) {
  int32_t index;
  if (fb_i32_in(&op->model->file, indices, n, &index) < 0) {
    return STATUS_MALFORMED;
  }
  int status = model_tensor(op->model, index, &operand->tensor);
  operand->data = status < 0 ? NULL : integer_engine_data(op->engine, &operand->tensor, op->run);
  return status;
}

int op_input(const struct op *op, uint32_t n, struct operand *operand) {
  return operand_at(op, &op->node->inputs, n, operand);
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
  if (!op->node->has_options) {
    return STATUS_OK;
  }
  int found = fb_i32(&op->model->file, &op->node->options, field, otherwise, value);
  return found < 0 ? found : STATUS_OK;
}

int op_small_option(const struct op *op, uint32_t field, int32_t *value) {
  uint8_t found_value = 0;
  *value = 0;
  if (!op->node->has_options) {
    return STATUS_OK;
  }
  int found = fb_u8(&op->model->file, &op->node->options, field, 0, &found_value);
  *value = found_value;
  return found < 0 ? found : STATUS_OK;
}

enum rounding op_rounding(const struct op *op) {
  bool dense_once = op->profile == PROFILE_TFLITE_REF && op->node->code == OPERATOR_FULLY_CONNECTED;
  return dense_once || op->profile == PROFILE_SINGLE ? ROUND_SINGLE : ROUND_DOUBLE;
}

bool op_desktop(const struct op *op) { return op->profile == PROFILE_TFLITE_REF; }

static int32_t quantized(const struct tensor *output, float bound) {
  return clamp(output->zero_point + round_half_away(bound / output->scale), -128, 127);
}

int activation_range(const struct tensor *output, int32_t activation, struct range *range) {
  *range = (struct range){.low = -128, .high = 127};
  if (activation != FUSED_NONE && !has_scales(output, 1)) {
    return STATUS_MALFORMED;
  }
  switch (activation) {
    case FUSED_NONE:
      return STATUS_OK;
    case FUSED_RELU:
      range->low = quantized(output, 0.0f);
      return STATUS_OK;
    case FUSED_RELU_N1_TO_1:
      *range = (struct range){.low = quantized(output, -1.0f), .high = quantized(output, 1.0f)};
      return STATUS_OK;
    case FUSED_RELU6:
      *range = (struct range){.low = quantized(output, 0.0f), .high = quantized(output, 6.0f)};
      return STATUS_OK;
    default:
      return STATUS_UNSUPPORTED;
  }
}

bool is_int8(const struct tensor *tensor) { return tensor->type == TYPE_INT8; }

bool has_scales(const struct tensor *tensor, uint32_t count) {
  return tensor->scales.length == count;
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

int32_t constant_i32(const struct tensor *tensor, uint32_t n) {
  return (int32_t)fb_le32(tensor->constant + 4 * (size_t)n);
}
