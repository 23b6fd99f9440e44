/* FULLY_CONNECTED (reference_integer_ops::FullyConnected and FullyConnectedPerChannel). */
#include "engine/ops/kernels.h"
#include "engine/ops/layer.h"

/* Fields of FullyConnectedOptions. */
enum { ACTIVATION = 0, WEIGHTS_FORMAT = 1 };

static const struct layer_slots slots = {
    .input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION};

int op_dense(struct op *op) {
  struct layer layer;
  int32_t format;
  int status;
  if ((status = layer_read(op, &slots, &layer)) < 0 ||
      (status = op_small_option(op, WEIGHTS_FORMAT, &format)) < 0) {
    return status;
  }
  const struct tensor *weights = &layer.weights.tensor;
  if (format != 0) {
    return STATUS_UNSUPPORTED;
  }
  if (weights->rank != 2 || layer.input.tensor.elements % (uint32_t)weights->dims[1] != 0) {
    return STATUS_MALFORMED;
  }
  uint32_t channels = (uint32_t)weights->dims[0];
  uint32_t size = (uint32_t)weights->dims[1];
  uint32_t rows = layer.input.tensor.elements / size;
  if (layer.output.tensor.elements % channels != 0 ||
      layer.output.tensor.elements / channels != rows) {
    return STATUS_MALFORMED;
  }
  status = layer_prepare(op, &layer, channels);
  int16_t *centred = op_scratch(op, size * (uint32_t)sizeof(int16_t));
  if (status < 0 || !op->run) {
    return status;
  }
  const int8_t *from = (const int8_t *)layer.input.data;
  int8_t *to = (int8_t *)layer.output.data;
  for (uint32_t row = 0; row < rows; row++) {
    centre(from + (size_t)row * size, size, layer.input.tensor.zero_point, centred);
    layer_rows(&layer, centred, size, to + (size_t)row * channels);
  }
  return STATUS_OK;
}
