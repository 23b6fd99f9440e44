/* Layers whose weights lie in rows, one a channel: CONV_2D and FULLY_CONNECTED. */
#include <string.h>

#include "engine/ops/layer.h"
#include "engine/ops/products_mve.h"
#include "engine/ops/wide.h"

/* Whether sums are made of the input's own bytes, without its zero-point. */
static bool sums_bytes(const struct mendlite_layer *layer) {
  return MENDLITE_HAS_MVE && layer->values.form == MENDLITE_WEIGHTS_INT8 &&
         mendlite_is_int8(&layer->input.tensor);
}

#if MENDLITE_HAS_MVE
static void bias_rows(const struct mendlite_layer *layer, uint32_t size) {
  const int8_t *w = (const int8_t *)layer->values.data;
  uint32_t zero_point = (uint32_t)layer->input.tensor.zero_point;
  for (uint32_t c = 0; c < layer->channels; c++, w += size) {
    uint32_t bias = (uint32_t)mendlite_layer_bias(layer, c);
    layer->row_biases[c] = bias - zero_point * mendlite_mve_sum(w, size);
  }
}

static void sum_bytes(const struct mendlite_layer *layer, const int8_t *x, uint32_t size,
                      uint32_t first, uint32_t count, uint32_t *sums) {
  const int8_t *w = (const int8_t *)layer->values.data + (size_t)first * size;
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4, w += 4 * (size_t)size) {
    mendlite_mve_products_of_4(w, x, size, sums + i);
  }
  for (; i < count; i++, w += size) {
    sums[i] = mendlite_mve_products(w, x, size);
  }
}
#endif

int16_t *mendlite_layer_prepare_rows(struct mendlite_op *op, struct mendlite_layer *layer,
                                     uint32_t size) {
  layer->row_biases = NULL;
#if MENDLITE_HAS_MVE
  if (sums_bytes(layer)) {
    layer->row_biases =
        mendlite_op_scratch(op, layer->channels * (uint32_t)sizeof *layer->row_biases);
    if (op->run) {
      bias_rows(layer, size);
    }
    return NULL;
  }
#endif
  return mendlite_op_scratch(op, size * (uint32_t)sizeof(int16_t));
}

static void rows_of_int16(const struct mendlite_layer *layer, const int16_t *x, uint32_t size,
                          size_t at) {
  for (uint32_t c = 0; c < layer->channels; c++) {
    int64_t sum = mendlite_wide_products(&layer->values, c * size, x, size);
    mendlite_layer_store(layer, at + c, c, sum + mendlite_layer_bias(layer, c));
  }
}

static void sum_centred(const struct mendlite_layer *layer, const int16_t *x, uint32_t size,
                        uint32_t first, uint32_t count, uint32_t *sums) {
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4) {
    mendlite_products_of_4(&layer->values, (first + i) * size, x, size, sums + i);
  }
  for (; i < count; i++) {
    sums[i] = mendlite_products(&layer->values, (first + i) * size, x, size);
  }
}

/* Sums of count channels from the first on. */
static void sum_rows(const struct mendlite_layer *layer, const void *inputs, uint32_t size,
                     uint32_t first, uint32_t count, uint32_t *sums) {
#if MENDLITE_HAS_MVE
  if (sums_bytes(layer)) {
    sum_bytes(layer, inputs, size, first, count, sums);
    return;
  }
#endif
  sum_centred(layer, inputs, size, first, count, sums);
}

static const uint8_t *biases_of(const struct mendlite_layer *layer) {
  return layer->row_biases == NULL ? mendlite_layer_biases(layer)
                                   : (const uint8_t *)layer->row_biases;
}

void mendlite_layer_rows(const struct mendlite_layer *layer, const void *inputs, uint32_t size,
                         size_t at) {
  /* Stored together: each call prepares what its loop needs. */
  enum { AT_ONCE = 64 };
  uint32_t sums[AT_ONCE];
  if (layer->int16) {
    rows_of_int16(layer, inputs, size, at);
    return;
  }
  const uint8_t *biases = biases_of(layer);
  for (uint32_t c = 0; c < layer->channels; c += AT_ONCE) {
    uint32_t left = layer->channels - c;
    uint32_t count = left < AT_ONCE ? left : AT_ONCE;
    sum_rows(layer, inputs, size, c, count, sums);
    mendlite_layer_store_sums(layer, at + c, c, biases, sums, count);
  }
}

const void *mendlite_layer_byte_inputs(const struct mendlite_layer *layer, const uint8_t *x,
                                       uint32_t size, int16_t *centred) {
  int32_t zero_point = layer->input.tensor.zero_point;
  if (sums_bytes(layer)) {
    return x;
  }
  if (mendlite_is_int8(&layer->input.tensor)) {
    mendlite_products_centre(&layer->values, (const int8_t *)x, size, zero_point, centred);
    return centred;
  }
  for (uint32_t k = 0; k < size; k++) {
    centred[k] = (int16_t)(x[k] - zero_point);
  }
  return centred;
}

void mendlite_layer_copy_words(const struct mendlite_layer *layer, size_t at, uint32_t size,
                               int16_t *to) {
  memcpy(to, layer->input.data + 2 * at, 2 * (size_t)size);
}

const void *mendlite_layer_inputs(const struct mendlite_layer *layer, size_t at, uint32_t size,
                                  int16_t *centred) {
  if (!layer->int16) {
    return mendlite_layer_byte_inputs(layer, layer->input.data + at, size, centred);
  }
  mendlite_layer_copy_words(layer, at, size, centred);
  return centred;
}
