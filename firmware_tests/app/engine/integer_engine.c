/* The integer engine: opens a model in the caller's arena and runs its operators in order.
 *
 * The arena holds, from its start: struct mendlite_engine, one placement a tensor, the tensors that
 * are computed, and scratch for the operator that wants most.
 */
/* A program's own interpreter stands in its place (app/interpreter). */
#ifndef MENDLITE_OWN_INTERPRETER

#include <string.h>

#include "engine/integer_engine.h"
#include "engine/op.h"
#include "engine/ops/table.h"
#include "engine/variables.h"

const char mendlite_engine_name[] = "mendlite-int8";

const bool mendlite_engine_shows_tensors = true;

const bool mendlite_engine_runs_int4 = true;

const bool mendlite_engine_keeps_state = true;

enum { ALIGNMENT = 16, MOST_OPERATORS = INT16_MAX - 1 };

struct build {
  struct mendlite_engine *engine;
  uint32_t room;
};

/* Takes size bytes of the arena; NULL where they are not left. */
static uint8_t *take(struct build *build, uint32_t size) {
  struct mendlite_engine *engine = build->engine;
  uint32_t gap = (uint32_t)-engine->used & (ALIGNMENT - 1);
  uint32_t left = build->room - engine->used;
  if (gap > left || size > left - gap) {
    return NULL;
  }
  uint32_t start = engine->used + gap;
  engine->used = start + size;
  return (uint8_t *)engine + start;
}

/* Whether an operator touches a tensor then, not the model's inputs or outputs. */
static bool in_operators(const struct mendlite_engine *engine, int16_t when) {
  return when >= 0 && when < (int16_t)engine->model.operators.length;
}

/* Notes that an operator touches a tensor. */
static int touch(struct mendlite_engine *engine, int32_t index, int16_t when, bool writes) {
  struct mendlite_tensor tensor;
  int status = mendlite_model_tensor(&engine->model, index, &tensor);
  if (status < 0) {
    return status;
  }
  /* Only operators take packed values and variables. */
  if (tensor.element_size == 0 && !in_operators(engine, when)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  /* VAR_HANDLE's kernel places it. */
  if (tensor.type == MENDLITE_TYPE_RESOURCE) {
    return MENDLITE_STATUS_OK;
  }
  /* Kernels keep the states of a sequence in their scratch, or have room kept for those that
   * outlive a run (mendlite_op_kept_state); operators alone read them. */
  if (tensor.variable) {
    return writes || !in_operators(engine, when) ? MENDLITE_STATUS_UNSUPPORTED : MENDLITE_STATUS_OK;
  }
  if (tensor.constant != NULL) {
    return writes ? MENDLITE_STATUS_MALFORMED : MENDLITE_STATUS_OK;
  }
  struct mendlite_placement *place = &engine->workspace.placements[index];
  if (writes) {
    /* Each tensor is written once, before it is read. */
    if (place->size != 0) {
      return MENDLITE_STATUS_MALFORMED;
    }
    *place = (struct mendlite_placement){.size = tensor.bytes, .first = when, .last = when};
    return MENDLITE_STATUS_OK;
  }
  if (place->size == 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  place->last = when;
  return MENDLITE_STATUS_OK;
}

static int touch_all(struct mendlite_engine *engine, const struct mendlite_vector *indices,
                     int16_t when, bool writes) {
  for (uint32_t i = 0; i < indices->length; i++) {
    int32_t index;
    mendlite_fb_i32_in(&engine->model.file, indices, i, &index);
    /* An operator's optional input that is left out; the model's outputs are all there. */
    if (index == -1 && !writes && in_operators(engine, when)) {
      continue;
    }
    int status = touch(engine, index, when, writes);
    if (status < 0) {
      return status;
    }
  }
  return MENDLITE_STATUS_OK;
}

static struct mendlite_op op_of(const struct mendlite_engine *engine,
                                const struct mendlite_node *node, uint32_t index,
                                const struct mendlite_builtin *builtin, bool run) {
  /* The table of another operator's options is none of this one's, as in TFLite. */
  return (struct mendlite_op){
      .workspace = &engine->workspace,
      .model = &engine->model,
      .node = node,
      .index = index,
      .has_options = node->has_options && node->options_type == builtin->options,
      .profile = engine->profile,
      .run = run,
      .scratch = engine->workspace.scratch};
}

/* Checks one operator and notes what it touches. */
static int check(struct mendlite_engine *engine, uint32_t index) {
  struct mendlite_node node;
  int status = mendlite_model_node(&engine->model, index, &node);
  if (status < 0) {
    return status;
  }
  const struct mendlite_builtin *builtin = mendlite_builtin_of(node.code);
  if (builtin == NULL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (node.inputs.length < builtin->least ||
      (node.inputs.length > builtin->most && builtin->most != MENDLITE_ANY_NUMBER)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* What a kernel does not write would be read without ever being written. */
  if (builtin->outputs == MENDLITE_ANY_NUMBER ? node.outputs.length == 0
                                              : node.outputs.length != builtin->outputs) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if ((status = touch_all(engine, &node.inputs, (int16_t)index, false)) < 0 ||
      (status = touch_all(engine, &node.outputs, (int16_t)index, true)) < 0) {
    return status;
  }
  struct mendlite_op op = op_of(engine, &node, index, builtin, false);
  status = builtin->run(&op);
  if (status == MENDLITE_STATUS_OK && op.scratch_size == UINT32_MAX) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  if (op.scratch_size > engine->workspace.scratch_size) {
    engine->workspace.scratch_size = op.scratch_size;
  }
  return status;
}

static int check_all(struct mendlite_engine *engine, int32_t *failed_operator) {
  const struct mendlite_model *model = &engine->model;
  int status = mendlite_variables_check(model);
  status = status < 0 ? status : touch_all(engine, &model->inputs, -1, true);
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
  struct mendlite_engine *engine = build->engine;
  engine->workspace.tensors =
      take(build, mendlite_plan(engine->workspace.placements, engine->model.tensors.length));
  engine->workspace.scratch = take(build, engine->workspace.scratch_size);
  if (engine->workspace.tensors == NULL || engine->workspace.scratch == NULL) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  mendlite_variables_join(&engine->model, &engine->workspace);
  mendlite_engine_reset(engine);
  return MENDLITE_STATUS_OK;
}

int mendlite_engine_open(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                         uint8_t *arena, uint32_t arena_size, enum mendlite_profile profile,
                         int32_t *failed_operator) {
  *failed_operator = -1;
  if (arena_size < sizeof(struct mendlite_engine)) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  struct mendlite_engine *made = (struct mendlite_engine *)(void *)arena;
  struct build build = {.engine = made, .room = arena_size};
  *made = (struct mendlite_engine){.profile = profile, .used = sizeof(struct mendlite_engine)};
  int status = mendlite_model_open(&made->model, model, size);
  if (status < 0) {
    return status;
  }
  uint32_t count = made->model.tensors.length;
  if (made->model.operators.length > MOST_OPERATORS || count > UINT16_MAX) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  uint32_t placements_size = count * (uint32_t)sizeof(struct mendlite_placement);
  made->workspace.placements = (struct mendlite_placement *)(void *)take(&build, placements_size);
  if (made->workspace.placements == NULL) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  memset(made->workspace.placements, 0, placements_size);
  status = check_all(made, failed_operator);
  if (status == MENDLITE_STATUS_OK) {
    status = place_all(&build);
  }
  *engine = status == MENDLITE_STATUS_OK ? made : NULL;
  return status;
}

bool mendlite_engine_reset(struct mendlite_engine *engine) {
  bool variables = mendlite_variables_reset(&engine->model, &engine->workspace);
  bool states = mendlite_states_reset(&engine->model, &engine->workspace);
  return variables || states;
}

uint32_t mendlite_engine_arena_used(const struct mendlite_engine *engine) { return engine->used; }

uint32_t mendlite_engine_inputs(const struct mendlite_engine *engine) {
  return engine->model.inputs.length;
}

uint32_t mendlite_engine_outputs(const struct mendlite_engine *engine) {
  return engine->model.outputs.length;
}

static struct mendlite_engine_values values_of(const struct mendlite_engine *engine,
                                               const struct mendlite_vector *indices, uint32_t n) {
  int32_t index;
  struct mendlite_tensor tensor;
  if (mendlite_fb_i32_in(&engine->model.file, indices, n, &index) < 0 ||
      mendlite_model_tensor(&engine->model, index, &tensor) < 0) {
    return (struct mendlite_engine_values){.data = NULL, .size = 0};
  }
  return (struct mendlite_engine_values){
      .data = mendlite_workspace_data(&engine->workspace, &tensor, true), .size = tensor.bytes};
}

struct mendlite_engine_values mendlite_engine_input(const struct mendlite_engine *engine,
                                                    uint32_t n) {
  return values_of(engine, &engine->model.inputs, n);
}

struct mendlite_engine_values mendlite_engine_output(const struct mendlite_engine *engine,
                                                     uint32_t n) {
  return values_of(engine, &engine->model.outputs, n);
}

static struct mendlite_engine_quantization quantization_of(const struct mendlite_engine *engine,
                                                           const struct mendlite_vector *indices,
                                                           uint32_t n) {
  int32_t index;
  struct mendlite_tensor tensor;
  if (mendlite_fb_i32_in(&engine->model.file, indices, n, &index) < 0 ||
      mendlite_model_tensor(&engine->model, index, &tensor) < 0 || !mendlite_is_int8(&tensor)) {
    return (struct mendlite_engine_quantization){.scale = 0, .zero_point = 0};
  }
  return (struct mendlite_engine_quantization){.scale = tensor.scale,
                                               .zero_point = tensor.zero_point};
}

struct mendlite_engine_quantization mendlite_engine_input_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(engine, &engine->model.inputs, n);
}

struct mendlite_engine_quantization mendlite_engine_output_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(engine, &engine->model.outputs, n);
}

uint32_t mendlite_engine_tensor_size(const struct mendlite_engine *engine, int32_t tensor) {
  if (tensor < 0 || (uint32_t)tensor >= engine->model.tensors.length ||
      engine->workspace.placements[tensor].first < 0) {
    return 0;
  }
  return engine->workspace.placements[tensor].size;
}

static void show(const struct mendlite_engine *engine, const struct mendlite_node *node,
                 mendlite_engine_observer *observer, void *context) {
  for (uint32_t i = 0; i < node->outputs.length; i++) {
    int32_t index;
    mendlite_fb_i32_in(&engine->model.file, &node->outputs, i, &index);
    const struct mendlite_placement *place = &engine->workspace.placements[index];
    /* A variable is shown where it is read. */
    if (place->first < 0) {
      continue;
    }
    observer(context, index, engine->workspace.tensors + place->offset, place->size);
  }
}

int mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                        void *context) {
  for (uint32_t i = 0; i < engine->model.operators.length; i++) {
    struct mendlite_node node;
    int status = mendlite_model_node(&engine->model, i, &node);
    if (status < 0) {
      return status;
    }
    const struct mendlite_builtin *builtin = mendlite_builtin_of(node.code);
    struct mendlite_op op = op_of(engine, &node, i, builtin, true);
    status = builtin->run(&op);
    if (status < 0) {
      return status;
    }
    if (observer != NULL) {
      show(engine, &node, observer, context);
    }
  }
  return MENDLITE_STATUS_OK;
}

#endif
