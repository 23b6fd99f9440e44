#include "work.h"

#include "engine/integer_engine.h"

/* Codes of the operators whose every output value costs a window. */
enum { AVERAGE_POOL = 1, CONV = 3, DEPTHWISE = 4, DENSE = 9, MAX_POOL = 17, TRANSPOSE_CONV = 67 };

/* Fields of Pool2DOptions. */
enum { FILTER_W = 3, FILTER_H = 4 };

static uint64_t elements_of(const struct mendlite_engine *engine,
                            const struct mendlite_vector *indices, uint32_t n) {
  int32_t index;
  struct mendlite_tensor tensor;
  if (mendlite_fb_i32_in(&engine->model.file, indices, n, &index) < 0 ||
      mendlite_model_tensor(&engine->model, index, &tensor) < 0) {
    return 0;
  }
  return tensor.elements;
}

static uint64_t pool_window(const struct mendlite_engine *engine,
                            const struct mendlite_node *node) {
  int32_t width = 0;
  int32_t height = 0;
  if (node->has_options) {
    mendlite_fb_i32(&engine->model.file, &node->options, FILTER_W, 0, &width);
    mendlite_fb_i32(&engine->model.file, &node->options, FILTER_H, 0, &height);
  }
  /* The kernel takes neither below 1 nor above 32,767. */
  return (uint64_t)(uint16_t)width * (uint16_t)height;
}

static uint64_t window_of(const struct mendlite_engine *engine, const struct mendlite_node *node) {
  switch (node->code) {
    case AVERAGE_POOL:
    case MAX_POOL:
      return pool_window(engine, node);
    case CONV:
    case DEPTHWISE:
    case DENSE:
    case TRANSPOSE_CONV: {
      struct mendlite_tensor weights;
      int32_t index;
      if (mendlite_fb_i32_in(&engine->model.file, &node->inputs, 1, &index) < 0 ||
          mendlite_model_tensor(&engine->model, index, &weights) < 0 || weights.rank == 0) {
        return 1;
      }
      int32_t channels = weights.dims[node->code == DEPTHWISE ? weights.rank - 1 : 0];
      return weights.elements / (uint32_t)channels;
    }
    default:
      return 1;
  }
}

uint64_t work_of(const struct mendlite_engine *engine) {
  uint64_t work = 0;
  for (uint32_t i = 0; i < engine->model.operators.length; i++) {
    struct mendlite_node node;
    if (mendlite_model_node(&engine->model, i, &node) < 0) {
      return work;
    }
    for (uint32_t n = 0; n < node.inputs.length; n++) {
      work += elements_of(engine, &node.inputs, n);
    }
    work += elements_of(engine, &node.outputs, 0) * window_of(engine, &node);
  }
  return work;
}
