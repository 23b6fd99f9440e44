/* The application's interpreter behind engine.h. Sizes and quantization are read from the model. */
#ifdef MENDLITE_OWN_INTERPRETER

#include "engine/engine.h"
#include "engine/model.h"
#include "interpreter/interpreter.h"

const bool mendlite_engine_shows_tensors = false;

/* Whether the application's kernels take int4 weights, its open decides. */
const bool mendlite_engine_runs_int4 = true;

const bool mendlite_engine_keeps_state = false;

enum { ALIGNMENT = 16 };

struct mendlite_engine {
  struct mendlite_model model;
  uint32_t used;
};

static const uint32_t own_size =
    (sizeof(struct mendlite_engine) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

/* The tensor that is input or output number n; false where the model has none. */
static bool tensor_of(const struct mendlite_model *model, const struct mendlite_vector *all,
                      uint32_t n, struct mendlite_tensor *tensor) {
  int32_t index;
  return n < all->length && mendlite_fb_i32_in(&model->file, all, n, &index) >= 0 &&
         mendlite_model_tensor(model, index, tensor) == MENDLITE_STATUS_OK;
}

/* Every input and output can be read, and has a place. */
static int check_ends(const struct mendlite_engine *engine) {
  struct mendlite_tensor tensor;
  const struct mendlite_model *model = &engine->model;
  for (uint32_t n = 0; n < model->inputs.length; n++) {
    if (!tensor_of(model, &model->inputs, n, &tensor)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (mendlite_interpreter.input(mendlite_interpreter.context, n) == NULL) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  for (uint32_t n = 0; n < model->outputs.length; n++) {
    if (!tensor_of(model, &model->outputs, n, &tensor)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (mendlite_interpreter.output(mendlite_interpreter.context, n) == NULL) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_engine_open(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                         uint8_t *arena, uint32_t arena_size, enum mendlite_profile profile,
                         int32_t *failed_operator) {
  struct mendlite_engine *made = (struct mendlite_engine *)(void *)arena;
  *engine = NULL;
  *failed_operator = -1;
  if (profile != mendlite_interpreter.profile) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (arena_size < own_size) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  int status = mendlite_model_open(&made->model, model, size);
  if (status < 0) {
    return status;
  }
  int32_t used = mendlite_interpreter.open(mendlite_interpreter.context, model, size,
                                           arena + own_size, arena_size - own_size);
  if (used < 0) {
    return used;
  }
  if ((uint32_t)used > arena_size - own_size) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  made->used = own_size + (uint32_t)used;
  status = check_ends(made);
  *engine = status == MENDLITE_STATUS_OK ? made : NULL;
  return status;
}

bool mendlite_engine_reset(struct mendlite_engine *engine) {
  (void)engine;
  return false;
}

uint32_t mendlite_engine_arena_used(const struct mendlite_engine *engine) { return engine->used; }

uint32_t mendlite_engine_inputs(const struct mendlite_engine *engine) {
  return engine->model.inputs.length;
}

uint32_t mendlite_engine_outputs(const struct mendlite_engine *engine) {
  return engine->model.outputs.length;
}

struct mendlite_engine_values mendlite_engine_input(const struct mendlite_engine *engine,
                                                    uint32_t n) {
  struct mendlite_tensor tensor;
  struct mendlite_engine_values values = {NULL, 0};
  if (tensor_of(&engine->model, &engine->model.inputs, n, &tensor)) {
    values.data = mendlite_interpreter.input(mendlite_interpreter.context, n);
    values.size = tensor.bytes;
  }
  return values;
}

struct mendlite_engine_values mendlite_engine_output(const struct mendlite_engine *engine,
                                                     uint32_t n) {
  struct mendlite_tensor tensor;
  struct mendlite_engine_values values = {NULL, 0};
  if (tensor_of(&engine->model, &engine->model.outputs, n, &tensor)) {
    /* Nobody writes to an output. */
    values.data =
        (uint8_t *)(uintptr_t)mendlite_interpreter.output(mendlite_interpreter.context, n);
    values.size = tensor.bytes;
  }
  return values;
}

static struct mendlite_engine_quantization quantization_of(const struct mendlite_model *model,
                                                           const struct mendlite_vector *all,
                                                           uint32_t n) {
  struct mendlite_tensor tensor;
  struct mendlite_engine_quantization quantization = {0, 0};
  if (tensor_of(model, all, n, &tensor) && tensor.type == MENDLITE_TYPE_INT8) {
    quantization.scale = tensor.scale;
    quantization.zero_point = tensor.zero_point;
  }
  return quantization;
}

struct mendlite_engine_quantization mendlite_engine_input_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(&engine->model, &engine->model.inputs, n);
}

struct mendlite_engine_quantization mendlite_engine_output_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(&engine->model, &engine->model.outputs, n);
}

uint32_t mendlite_engine_tensor_size(const struct mendlite_engine *engine, int32_t tensor) {
  (void)engine;
  (void)tensor;
  return 0;
}

int mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                        void *context) {
  (void)engine;
  (void)observer;
  (void)context;
  return mendlite_interpreter.run(mendlite_interpreter.context);
}

#endif
