#include "engine/ops/wide.h"

/* Codes of BuiltinOperator. */
enum { DEPTHWISE = 4, TRANSPOSE_CONV = 67 };

/* Whether the kernel would read an int32 bias as int64: LiteRT goes by the file's option, its
 * depthwise kernel and two of TFLite Micro's know int64 alone. */
static bool misreads(const struct mendlite_op *op, int32_t stated) {
  if (op->node->code == DEPTHWISE) {
    return true;
  }
  return mendlite_op_desktop(op) ? stated != MENDLITE_TYPE_INT32 : op->node->code == TRANSPOSE_CONV;
}

int mendlite_wide_sums(const struct mendlite_op *op, struct mendlite_layer *layer, int32_t stated) {
  bool dense = op->node->code == MENDLITE_OPERATOR_FULLY_CONNECTED;
  bool given = layer->bias.tensor.index != -1;
  bool int32 = given ? layer->bias.tensor.type == MENDLITE_TYPE_INT32
                     : (mendlite_op_desktop(op) || dense) && stated == MENDLITE_TYPE_INT32;
  layer->wide = layer->int16 && !int32;
  layer->scaling = layer->int16 && dense && mendlite_op_desktop(op) ? MENDLITE_SCALING_REAL
                   : layer->wide                                    ? MENDLITE_SCALING_WIDE
                                                                    : MENDLITE_SCALING_NARROW;
  return layer->int16 && given && int32 && misreads(op, stated) ? MENDLITE_STATUS_UNSUPPORTED
                                                                : MENDLITE_STATUS_OK;
}

int mendlite_wide_multiplier(double real, struct mendlite_multiplier *by) {
  const int32_t largest = 0x7fff0000;
  *by = mendlite_quantize_multiplier(real, MENDLITE_ROUND_DOUBLE);
  by->factor = by->factor < largest ? (by->factor + (1 << 15)) >> 16 : INT16_MAX;
  return by->shift < 8 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

int32_t mendlite_wide_multiply(int64_t sum, struct mendlite_multiplier by) {
  int32_t right = 15 - by.shift;
  return (int32_t)((sum * by.factor + (INT64_C(1) << (right - 1))) >> right);
}

int mendlite_wide_reach(const struct mendlite_layer *layer, int32_t axis) {
  const uint64_t limit = UINT64_C(1) << 47;
  uint32_t size = layer->weights.tensor.elements / layer->channels;
  /* Channels lie along the first axis or the last. */
  uint32_t step = axis == 0 ? 1 : layer->channels;
  for (uint32_t c = 0; c < layer->channels; c++) {
    uint64_t total = 0;
    for (uint32_t k = 0; k < size; k++) {
      int32_t weight = mendlite_weight(&layer->values, (axis == 0 ? c * size : c) + k * step);
      total += (uint64_t)(weight < 0 ? -weight : weight) << 15;
    }
    int64_t bias = mendlite_layer_bias(layer, c);
    uint64_t added = bias < 0 ? ~(uint64_t)bias : (uint64_t)bias;
    if (total >= limit || added >= limit - total) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

int64_t mendlite_wide_products(const struct mendlite_weights *weights, uint32_t first,
                               const int16_t *x, uint32_t size) {
  const int8_t *w = (const int8_t *)weights->data + first;
  int64_t sum = 0;
  for (uint32_t k = 0; k < size; k++) {
    sum += (int64_t)(x[k] * w[k]);
  }
  return sum;
}

/* Rounded half away from zero; what an int16 does not hold is only cut off later. */
static int64_t rounded(double x) {
  const double end = 1073741824.0;
  if (!(x > -end && x < end)) {
    return x > 0 ? INT32_MAX : INT32_MIN;
  }
  int64_t whole = (int64_t)x;
  double rest = x - (double)whole;
  return whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0);
}

int64_t mendlite_wide_scaled(const struct mendlite_layer *layer, uint32_t channel, int64_t sum) {
  int64_t within = layer->wide ? sum : (int32_t)(uint32_t)(uint64_t)sum;
  switch (layer->scaling) {
    case MENDLITE_SCALING_REAL:
      return rounded((double)within * layer->reals[channel]);
    case MENDLITE_SCALING_WIDE:
      return mendlite_wide_multiply(within, layer->multipliers[channel]);
    default:
      return mendlite_multiply((int32_t)within, layer->multipliers[channel], layer->rounding);
  }
}
