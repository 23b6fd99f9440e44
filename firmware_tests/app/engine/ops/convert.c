/* QUANTIZE and DEQUANTIZE (quantize.h, dequantize.h, requantize.h). */
#include <string.h>

#include "engine/ops/kernels.h"

struct conversion {
  struct operand input;
  struct operand output;
};

static int read_conversion(const struct op *op, struct conversion *conversion) {
  int status;
  if ((status = op_input(op, 0, &conversion->input)) < 0 ||
      (status = op_output(op, 0, &conversion->output)) < 0) {
    return status;
  }
  return same_shape(&conversion->input.tensor, &conversion->output.tensor) ? STATUS_OK
                                                                           : STATUS_MALFORMED;
}

static bool is_byte(const struct tensor *tensor) {
  return tensor->type == TYPE_INT8 || tensor->type == TYPE_UINT8;
}

/* A byte as its tensor's type reads it. */
static int32_t value_at(const struct operand *operand, uint32_t i) {
  return operand->tensor.type == TYPE_INT8 ? (int8_t)operand->data[i] : operand->data[i];
}

static void store(struct operand *operand, uint32_t i, int32_t value) {
  bool is_signed = operand->tensor.type == TYPE_INT8;
  operand->data[i] = (uint8_t)clamp(value, is_signed ? -128 : 0, is_signed ? 127 : 255);
}

/* AffineQuantize: a float32 division, rounded half away from zero. */
static void quantize_floats(struct conversion *conversion) {
  const struct tensor *output = &conversion->output.tensor;
  for (uint32_t i = 0; i < output->elements; i++) {
    float x = fb_float(conversion->input.data + 4 * (size_t)i);
    store(&conversion->output, i, round_half_away(x / output->scale) + output->zero_point);
  }
}

static int requantize_bytes(const struct op *op, struct conversion *conversion) {
  const struct tensor *input = &conversion->input.tensor;
  const struct tensor *output = &conversion->output.tensor;
  struct multiplier by;
  int status = op_multiplier(op, (double)input->scale / (double)output->scale, &by);
  if (status < 0) {
    return status;
  }
  for (uint32_t i = 0; op->run && i < output->elements; i++) {
    int32_t x = value_at(&conversion->input, i) - input->zero_point;
    store(&conversion->output, i, requantize(x, by, op_rounding(op), output->zero_point));
  }
  return STATUS_OK;
}

int op_quantize(struct op *op) {
  struct conversion conversion;
  int status = read_conversion(op, &conversion);
  if (status < 0) {
    return status;
  }
  const struct tensor *input = &conversion.input.tensor;
  if (!is_byte(&conversion.output.tensor) || (!is_byte(input) && input->type != TYPE_FLOAT32)) {
    return STATUS_UNSUPPORTED;
  }
  if (!tensor_is_quantized(op->model, &conversion.output.tensor) ||
      (is_byte(input) && !tensor_is_quantized(op->model, input))) {
    return STATUS_MALFORMED;
  }
  if (is_byte(input)) {
    return requantize_bytes(op, &conversion);
  }
  if (op->run) {
    quantize_floats(&conversion);
  }
  return STATUS_OK;
}

int op_dequantize(struct op *op) {
  struct conversion conversion;
  int status = read_conversion(op, &conversion);
  if (status < 0) {
    return status;
  }
  const struct tensor *input = &conversion.input.tensor;
  if (!is_byte(input) || conversion.output.tensor.type != TYPE_FLOAT32) {
    return STATUS_UNSUPPORTED;
  }
  if (!tensor_is_quantized(op->model, input)) {
    return STATUS_MALFORMED;
  }
  for (uint32_t i = 0; op->run && i < input->elements; i++) {
    float value = input->scale * (float)(value_at(&conversion.input, i) - input->zero_point);
    memcpy(conversion.output.data + 4 * (size_t)i, &value, sizeof value);
  }
  return STATUS_OK;
}
