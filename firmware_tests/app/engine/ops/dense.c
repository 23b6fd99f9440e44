/* FULLY_CONNECTED (reference_integer_ops::FullyConnected and FullyConnectedPerChannel). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/layer.h"

/* Fields of FullyConnectedOptions. */
enum { ACTIVATION = 0, WEIGHTS_FORMAT = 1, KEEP_AXES = 2, SUMS = 4 };

static const struct mendlite_layer_slots slots = {
    .input = 0, .weights = 1, .bias = 2, .activation = ACTIVATION, .sums = SUMS, .int4 = true};

static int require_shape(const struct mendlite_layer *layer, bool keeps) {
  const struct mendlite_tensor *input = &layer->input.tensor;
  const struct mendlite_tensor *weights = &layer->weights.tensor;
  struct mendlite_shape shape = {.rank = 2};
  if (weights->rank != 2 || input->elements % (uint32_t)weights->dims[1] != 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  shape.dims[0] = (int32_t)(input->elements / (uint32_t)weights->dims[1]);
  if (keeps) {
    if (input->rank == 0 || input->dims[input->rank - 1] != weights->dims[1]) {
      return MENDLITE_STATUS_MALFORMED;
    }
    shape.rank = input->rank;
    memcpy(shape.dims, input->dims, sizeof input->dims);
  }
  shape.dims[shape.rank - 1] = weights->dims[0];
  return mendlite_has_shape(&layer->output.tensor, &shape) ? MENDLITE_STATUS_OK
                                                           : MENDLITE_STATUS_MALFORMED;
}

/* With one scale TFLite wants the bias to be in the products' own
 * (GetQuantizedConvolutionMultipler). */
static bool bias_has_scale(const struct mendlite_layer *layer) {
  const struct mendlite_tensor *bias = &layer->bias.tensor;
  if (bias->index == -1 || layer->weights.tensor.scales.length != 1) {
    return true;
  }
  float product = layer->input.tensor.scale * layer->weights.tensor.scale;
  double difference = (double)product - (double)bias->scale;
  return (difference < 0 ? -difference : difference) / (double)layer->output.tensor.scale <= 0.02;
}

int mendlite_op_dense(struct mendlite_op *op) {
  struct mendlite_layer layer;
  int32_t format;
  int32_t keeps;
  int status;
  if ((status = mendlite_layer_read(op, &slots, &layer)) < 0 ||
      (status = mendlite_op_small_option(op, WEIGHTS_FORMAT, &format)) < 0 ||
      (status = mendlite_op_small_option(op, KEEP_AXES, &keeps)) < 0 ||
      (status = require_shape(&layer, keeps != 0)) < 0) {
    return status;
  }
  if (format != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  uint32_t channels = (uint32_t)layer.weights.tensor.dims[0];
  uint32_t size = (uint32_t)layer.weights.tensor.dims[1];
  uint32_t rows = layer.input.tensor.elements / size;
  status = mendlite_layer_prepare(op, &layer, channels, 0);
  if (status == MENDLITE_STATUS_OK && !bias_has_scale(&layer)) {
    status = MENDLITE_STATUS_MALFORMED;
  }
  if (status < 0) {
    return status;
  }
  int16_t *centred = mendlite_layer_prepare_rows(op, &layer, size);
  if (!op->run) {
    return status;
  }
  for (uint32_t row = 0; row < rows; row++) {
    const void *inputs = mendlite_layer_inputs(&layer, (size_t)row * size, size, centred);
    mendlite_layer_rows(&layer, inputs, size, (size_t)row * channels);
  }
  return MENDLITE_STATUS_OK;
}
