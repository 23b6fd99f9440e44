/* QUANTIZE and DEQUANTIZE (quantize.h, dequantize.h, requantize.h). */
#include <string.h>

#include "engine/ops/kernels.h"

struct conversion {
  struct mendlite_operand input;
  struct mendlite_operand output;
};

static int read_conversion(const struct mendlite_op *op, struct conversion *conversion) {
  int status;
  if ((status = mendlite_op_input(op, 0, &conversion->input)) < 0 ||
      (status = mendlite_op_output(op, 0, &conversion->output)) < 0) {
    return status;
  }
  return mendlite_same_shape(&conversion->input.tensor, &conversion->output.tensor)
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_MALFORMED;
}

static bool is_byte(const struct mendlite_tensor *tensor) {
  return tensor->type == MENDLITE_TYPE_INT8 || tensor->type == MENDLITE_TYPE_UINT8;
}

/* A byte as its tensor's type reads it. */
static int32_t value_at(const struct mendlite_operand *operand, uint32_t i) {
  return operand->tensor.type == MENDLITE_TYPE_INT8 ? (int8_t)operand->data[i] : operand->data[i];
}

static void store(struct mendlite_operand *operand, uint32_t i, int32_t value) {
  bool is_signed = operand->tensor.type == MENDLITE_TYPE_INT8;
  operand->data[i] = (uint8_t)mendlite_clamp(value, is_signed ? -128 : 0, is_signed ? 127 : 255);
}

/* AffineQuantize: a float32 division, rounded half away from zero. */
static void quantize_floats(struct conversion *conversion) {
  const struct mendlite_tensor *output = &conversion->output.tensor;
  for (uint32_t i = 0; i < output->elements; i++) {
    float x = mendlite_fb_float(conversion->input.data + 4 * (size_t)i);
    store(&conversion->output, i, mendlite_round_half_away(x / output->scale) + output->zero_point);
  }
}

static int requantize_bytes(const struct mendlite_op *op, struct conversion *conversion) {
  const struct mendlite_tensor *input = &conversion->input.tensor;
  const struct mendlite_tensor *output = &conversion->output.tensor;
  struct mendlite_multiplier by;
  int status = mendlite_op_multiplier(op, (double)input->scale / (double)output->scale, &by);
  if (status < 0) {
    return status;
  }
  for (uint32_t i = 0; op->run && i < output->elements; i++) {
    int32_t x = value_at(&conversion->input, i) - input->zero_point;
    store(&conversion->output, i,
          mendlite_requantize(x, by, mendlite_op_rounding(op), output->zero_point));
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_quantize(struct mendlite_op *op) {
  struct conversion conversion;
  int status = read_conversion(op, &conversion);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &conversion.input.tensor;
  if (!is_byte(&conversion.output.tensor) ||
      (!is_byte(input) && input->type != MENDLITE_TYPE_FLOAT32)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_tensor_is_quantized(op->model, &conversion.output.tensor) ||
      (is_byte(input) && !mendlite_tensor_is_quantized(op->model, input))) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (is_byte(input)) {
    return requantize_bytes(op, &conversion);
  }
  if (op->run) {
    quantize_floats(&conversion);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_dequantize(struct mendlite_op *op) {
  struct conversion conversion;
  int status = read_conversion(op, &conversion);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &conversion.input.tensor;
  if (!is_byte(input) || conversion.output.tensor.type != MENDLITE_TYPE_FLOAT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_tensor_is_quantized(op->model, input)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; op->run && i < input->elements; i++) {
    float value = input->scale * (float)(value_at(&conversion.input, i) - input->zero_point);
    memcpy(conversion.output.data + 4 * (size_t)i, &value, sizeof value);
  }
  return MENDLITE_STATUS_OK;
}
