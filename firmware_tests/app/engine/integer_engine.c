/* The integer engine: opens a model in the caller's arena and runs its operators in order.
 *
 * The arena holds, from its start: struct engine, one placement a tensor, the tensors that are
 * computed, and scratch for the operator that wants most.
 */
#include <string.h>

#include "engine/integer_engine.h"
#include "engine/op.h"
#include "engine/ops/table.h"

const char engine_name[] = "mendlite-int8";

const bool engine_shows_tensors = true;

enum { ALIGNMENT = 16, MOST_OPERATORS = INT16_MAX - 1 };

struct build {
  struct engine *engine;
  uint32_t room;
};

/* Takes size bytes of the arena; NULL where they are not left. */
static uint8_t *take(struct build *build, uint32_t size) {
  struct engine *engine = build->engine;
  uint32_t gap = (uint32_t)-engine->used & (ALIGNMENT - 1);
  uint32_t left = build->room - engine->used;
  if (gap > left || size > left - gap) {
    return NULL;
  }
  uint32_t start = engine->used + gap;
  engine->used = start + size;
  return (uint8_t *)engine + start;
}

/* Notes that an operator touches a tensor. */
static int touch(struct engine *engine, int32_t index, int16_t when, bool writes) {
  struct tensor tensor;
  int status = model_tensor(&engine->model, index, &tensor);
  if (status < 0) {
    return status;
  }
  if (tensor.constant != NULL) {
    return writes ? STATUS_MALFORMED : STATUS_OK;
  }
  struct placement *place = &engine->workspace.placements[index];
  if (writes) {
    /* Each tensor is written once, before it is read. */
    if (place->size != 0) {
      return STATUS_MALFORMED;
    }
    *place = (struct placement){.size = tensor.bytes, .first = when, .last = when};
    return STATUS_OK;
  }
  if (place->size == 0) {
    return STATUS_MALFORMED;
  }
  place->last = when;
  return STATUS_OK;
}

static int touch_all(struct engine *engine, const struct vector *indices, int16_t when,
                     bool writes) {
  for (uint32_t i = 0; i < indices->length; i++) {
    int32_t index;
    fb_i32_in(&engine->model.file, indices, i, &index);
    /* An operator's optional input that is left out; the model's outputs are all there. */
    bool of_operator = when < (int16_t)engine->model.operators.length;
    if (index == -1 && !writes && of_operator) {
      continue;
    }
    int status = touch(engine, index, when, writes);
    if (status < 0) {
      return status;
    }
  }
  return STATUS_OK;
}

static struct op op_of(const struct engine *engine, const struct node *node,
                       const struct builtin *builtin, bool run) {
  /* The table of another operator's options is none of this one's, as in TFLite. */
  return (struct op){.workspace = &engine->workspace,
                     .model = &engine->model,
                     .node = node,
                     .has_options = node->has_options && node->options_type == builtin->options,
                     .profile = engine->profile,
                     .run = run,
                     .scratch = engine->workspace.scratch};
}

/* Checks one operator and notes what it touches. */
static int check(struct engine *engine, uint32_t index) {
  struct node node;
  int status = model_node(&engine->model, index, &node);
  if (status < 0) {
    return status;
  }
  const struct builtin *builtin = builtin_of(node.code);
  if (builtin == NULL) {
    return STATUS_UNSUPPORTED;
  }
  if (node.inputs.length < builtin->least ||
      (node.inputs.length > builtin->most && builtin->most != ANY_NUMBER)) {
    return STATUS_MALFORMED;
  }
  /* Every kernel writes one tensor; others would be read without ever being written. */
  if (node.outputs.length != 1) {
    return STATUS_MALFORMED;
  }
  if ((status = touch_all(engine, &node.inputs, (int16_t)index, false)) < 0 ||
      (status = touch_all(engine, &node.outputs, (int16_t)index, true)) < 0) {
    return status;
  }
  struct op op = op_of(engine, &node, builtin, false);
  status = builtin->run(&op);
  if (status == STATUS_OK && op.scratch_size == UINT32_MAX) {
    return STATUS_NO_ROOM;
  }
  if (op.scratch_size > engine->workspace.scratch_size) {
    engine->workspace.scratch_size = op.scratch_size;
  }
  return status;
}

static int check_all(struct engine *engine, int32_t *failed_operator) {
  const struct model *model = &engine->model;
  int status = touch_all(engine, &model->inputs, -1, true);
  if (status < 0) {
    return status;
  }
  for (uint32_t i = 0; i < model->operators.length; i++) {
    status = check(engine, i);
    if (status < 0) {
      *failed_operator = (int32_t)i;
      return status;
    }
  }
  return touch_all(engine, &model->outputs, (int16_t)model->operators.length, false);
}

static int place_all(struct build *build) {
  struct engine *engine = build->engine;
  engine->workspace.tensors =
      take(build, plan(engine->workspace.placements, engine->model.tensors.length));
  engine->workspace.scratch = take(build, engine->workspace.scratch_size);
  return engine->workspace.tensors == NULL || engine->workspace.scratch == NULL ? STATUS_NO_ROOM
                                                                                : STATUS_OK;
}

int engine_open(struct engine **engine, const uint8_t *model, uint32_t size, uint8_t *arena,
                uint32_t arena_size, enum profile profile, int32_t *failed_operator) {
  *failed_operator = -1;
  if (arena_size < sizeof(struct engine)) {
    return STATUS_NO_ROOM;
  }
  struct engine *made = (struct engine *)(void *)arena;
  struct build build = {.engine = made, .room = arena_size};
  *made = (struct engine){.profile = profile, .used = sizeof(struct engine)};
  int status = model_open(&made->model, model, size);
  if (status < 0) {
    return status;
  }
  uint32_t count = made->model.tensors.length;
  if (made->model.operators.length > MOST_OPERATORS || count > UINT16_MAX) {
    return STATUS_UNSUPPORTED;
  }
  uint32_t placements_size = count * (uint32_t)sizeof(struct placement);
  made->workspace.placements = (struct placement *)(void *)take(&build, placements_size);
  if (made->workspace.placements == NULL) {
    return STATUS_NO_ROOM;
  }
  memset(made->workspace.placements, 0, placements_size);
  status = check_all(made, failed_operator);
  if (status == STATUS_OK) {
    status = place_all(&build);
  }
  *engine = status == STATUS_OK ? made : NULL;
  return status;
}

uint32_t engine_arena_used(const struct engine *engine) { return engine->used; }

uint32_t engine_inputs(const struct engine *engine) { return engine->model.inputs.length; }

uint32_t engine_outputs(const struct engine *engine) { return engine->model.outputs.length; }

static struct engine_values values_of(const struct engine *engine, const struct vector *indices,
                                      uint32_t n) {
  int32_t index;
  struct tensor tensor;
  if (fb_i32_in(&engine->model.file, indices, n, &index) < 0 ||
      model_tensor(&engine->model, index, &tensor) < 0) {
    return (struct engine_values){.data = NULL, .size = 0};
  }
  return (struct engine_values){.data = workspace_data(&engine->workspace, &tensor, true),
                                .size = tensor.bytes};
}

struct engine_values engine_input(const struct engine *engine, uint32_t n) {
  return values_of(engine, &engine->model.inputs, n);
}

struct engine_values engine_output(const struct engine *engine, uint32_t n) {
  return values_of(engine, &engine->model.outputs, n);
}

static struct engine_quantization quantization_of(const struct engine *engine,
                                                  const struct vector *indices, uint32_t n) {
  int32_t index;
  struct tensor tensor;
  if (fb_i32_in(&engine->model.file, indices, n, &index) < 0 ||
      model_tensor(&engine->model, index, &tensor) < 0 || !is_int8(&tensor)) {
    return (struct engine_quantization){.scale = 0, .zero_point = 0};
  }
  return (struct engine_quantization){.scale = tensor.scale, .zero_point = tensor.zero_point};
}

struct engine_quantization engine_input_quantization(const struct engine *engine, uint32_t n) {
  return quantization_of(engine, &engine->model.inputs, n);
}

struct engine_quantization engine_output_quantization(const struct engine *engine, uint32_t n) {
  return quantization_of(engine, &engine->model.outputs, n);
}

uint32_t engine_tensor_size(const struct engine *engine, int32_t tensor) {
  if (tensor < 0 || (uint32_t)tensor >= engine->model.tensors.length ||
      engine->workspace.placements[tensor].first < 0) {
    return 0;
  }
  return engine->workspace.placements[tensor].size;
}

static void show(const struct engine *engine, const struct node *node, engine_observer *observer,
                 void *context) {
  for (uint32_t i = 0; i < node->outputs.length; i++) {
    int32_t index;
    fb_i32_in(&engine->model.file, &node->outputs, i, &index);
    const struct placement *place = &engine->workspace.placements[index];
    observer(context, index, engine->workspace.tensors + place->offset, place->size);
  }
}

int engine_run(struct engine *engine, engine_observer *observer, void *context) {
  for (uint32_t i = 0; i < engine->model.operators.length; i++) {
    struct node node;
    int status = model_node(&engine->model, i, &node);
    if (status < 0) {
      return status;
    }
    const struct builtin *builtin = builtin_of(node.code);
    struct op op = op_of(engine, &node, builtin, true);
    status = builtin->run(&op);
    if (status < 0) {
      return status;
    }
    if (observer != NULL) {
      show(engine, &node, observer, context);
    }
  }
  return STATUS_OK;
}
