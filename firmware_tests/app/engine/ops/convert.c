/* QUANTIZE and DEQUANTIZE (quantize.h, dequantize.h, requantize.h). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/values.h"

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

static bool is_stored(const struct mendlite_tensor *tensor) {
  return tensor->type == MENDLITE_TYPE_INT8 || tensor->type == MENDLITE_TYPE_UINT8 ||
         tensor->type == MENDLITE_TYPE_INT16;
}

/* Of int16, which has no zero-points. */
static bool is_centred(const struct mendlite_op *op, const struct mendlite_tensor *tensor) {
  return tensor->type != MENDLITE_TYPE_INT16 || mendlite_has_no_zero_point(op->model, tensor);
}

/* AffineQuantize: a float32 division, rounded half away from zero. */
static void quantize_floats(struct conversion *conversion) {
  const struct mendlite_tensor *output = &conversion->output.tensor;
  struct mendlite_range ends = mendlite_type_range(output->type);
  for (uint32_t i = 0; i < output->elements; i++) {
    float x = mendlite_fb_float(conversion->input.data + 4 * (size_t)i);
    mendlite_store_within(&conversion->output, i,
                          mendlite_round_half_away(x / output->scale) + output->zero_point, ends);
  }
}

static int requantize_values(const struct mendlite_op *op, struct conversion *conversion) {
  const struct mendlite_tensor *input = &conversion->input.tensor;
  const struct mendlite_tensor *output = &conversion->output.tensor;
  struct mendlite_multiplier by;
  int status = mendlite_op_multiplier(op, (double)input->scale / (double)output->scale, &by);
  if (status < 0) {
    return status;
  }
  for (uint32_t i = 0; op->run && i < output->elements; i++) {
    int32_t x = mendlite_value_at(&conversion->input, i) - input->zero_point;
    mendlite_store_within(&conversion->output, i,
                          mendlite_requantize(x, by, mendlite_op_rounding(op), output->zero_point),
                          mendlite_type_range(output->type));
  }
  return MENDLITE_STATUS_OK;
}

/* Two types that no kernel converts. */
static bool mixes(const struct mendlite_tensor *input, const struct mendlite_tensor *output) {
  return (input->type == MENDLITE_TYPE_INT16 && output->type == MENDLITE_TYPE_UINT8) ||
         (input->type == MENDLITE_TYPE_UINT8 && output->type == MENDLITE_TYPE_INT16);
}

int mendlite_op_quantize(struct mendlite_op *op) {
  struct conversion conversion;
  int status = read_conversion(op, &conversion);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &conversion.input.tensor;
  const struct mendlite_tensor *output = &conversion.output.tensor;
  if (!is_stored(output) || (!is_stored(input) && input->type != MENDLITE_TYPE_FLOAT32) ||
      !is_centred(op, input) || !is_centred(op, output) || mixes(input, output)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_tensor_is_quantized(op->model, output) ||
      (is_stored(input) && !mendlite_tensor_is_quantized(op->model, input))) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (is_stored(input)) {
    return requantize_values(op, &conversion);
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
  if (!is_stored(input) || !is_centred(op, input) ||
      conversion.output.tensor.type != MENDLITE_TYPE_FLOAT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_tensor_is_quantized(op->model, input)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; op->run && i < input->elements; i++) {
    float value =
        input->scale * (float)(mendlite_value_at(&conversion.input, i) - input->zero_point);
    memcpy(conversion.output.data + 4 * (size_t)i, &value, sizeof value);
  }
  return MENDLITE_STATUS_OK;
}
