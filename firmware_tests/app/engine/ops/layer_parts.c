#include "engine/ops/layer_parts.h"

const uint8_t *mendlite_layer_biases(const struct mendlite_layer *layer) {
  return layer->bias.tensor.index == -1 ? NULL : layer->bias.tensor.constant;
}

int64_t mendlite_layer_bias(const struct mendlite_layer *layer, uint32_t channel) {
  if (layer->bias.tensor.index == -1) {
    return 0;
  }
  return layer->bias.tensor.type == MENDLITE_TYPE_INT32
             ? mendlite_constant_i32(&layer->bias.tensor, channel)
             : (int64_t)mendlite_fb_le64(layer->bias.tensor.constant + 8 * (size_t)channel);
}
