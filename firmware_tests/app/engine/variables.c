#include "engine/variables.h"

#include <string.h>

#include "status.h"

/* Fields of VarHandleOptions and CallOnceOptions, and those tables' numbers in BuiltinOptions. */
enum { CONTAINER = 0, SHARED_NAME = 1, SUBGRAPH = 0, CALL_ONCE = 103, VAR_HANDLE = 111 };

/* Operators of all initialising subgraphs, and handles of the main one: far more than models have,
 * and few enough that a hostile file costs no time. */
enum { MOST_ASSIGNED = 512, MOST_HANDLES = 256 };

struct name {
  struct mendlite_vector container;
  struct mendlite_vector shared;
};

static int read_name(const struct mendlite_model *model, const struct mendlite_node *node,
                     struct name *name) {
  *name = (struct name){{0, 0}, {0, 0}};
  if (!node->has_options || node->options_type != VAR_HANDLE) {
    return MENDLITE_STATUS_OK;
  }
  int container = mendlite_fb_vector(&model->file, &node->options, CONTAINER, 1, &name->container);
  int shared = mendlite_fb_vector(&model->file, &node->options, SHARED_NAME, 1, &name->shared);
  return container < 0 || shared < 0 ? MENDLITE_STATUS_MALFORMED : MENDLITE_STATUS_OK;
}

static bool same_text(const struct mendlite_model *model, const struct mendlite_vector *a,
                      const struct mendlite_vector *b) {
  return a->length == b->length &&
         memcmp(model->file.data + a->at, model->file.data + b->at, a->length) == 0;
}

static bool same_name(const struct mendlite_model *model, const struct name *a,
                      const struct name *b) {
  return same_text(model, &a->container, &b->container) && same_text(model, &a->shared, &b->shared);
}

/* The first tensor among the indices of an operator; -1 where there is none. */
static int32_t first_of(const struct mendlite_model *model, const struct mendlite_vector *indices) {
  int32_t index = -1;
  if (mendlite_fb_i32_in(&model->file, indices, 0, &index) < 0) {
    return -1;
  }
  return index;
}

/* The name that the last VAR_HANDLE in front of operator before gives a tensor. */
static int name_of(const struct mendlite_model *model, int32_t tensor, uint32_t before,
                   struct name *name) {
  for (uint32_t i = before; i-- > 0;) {
    struct mendlite_node node;
    int status = mendlite_model_node(model, i, &node);
    if (status < 0) {
      return status;
    }
    if (node.code == MENDLITE_OPERATOR_VAR_HANDLE && first_of(model, &node.outputs) == tensor) {
      return read_name(model, &node, name);
    }
  }
  return MENDLITE_STATUS_MALFORMED;
}

/* The subgraph that CALL_ONCE runs. */
static int initialiser_of(const struct mendlite_model *model, const struct mendlite_node *node,
                          struct mendlite_model *initialiser) {
  int32_t number = 0;
  if (node->has_options && node->options_type == CALL_ONCE &&
      mendlite_fb_i32(&model->file, &node->options, SUBGRAPH, 0, &number) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (number <= 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *initialiser = *model;
  return mendlite_model_subgraph(initialiser, (uint32_t)number);
}

/* Reads the constant that an ASSIGN_VARIABLE assigns. */
static int assigned_constant(const struct mendlite_model *model, const struct mendlite_node *node,
                             struct mendlite_tensor *value) {
  int32_t index;
  if (node->inputs.length != 2 || node->outputs.length != 0 ||
      mendlite_fb_i32_in(&model->file, &node->inputs, 1, &index) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int status = mendlite_model_tensor(model, index, value);
  return status < 0                                            ? status
         : value->constant == NULL || value->element_size == 0 ? MENDLITE_STATUS_UNSUPPORTED
                                                               : MENDLITE_STATUS_OK;
}

/* Whether a subgraph does nothing but assign constants to variables. */
static int check_initialiser(const struct mendlite_model *initialiser) {
  if (initialiser->inputs.length != 0 || initialiser->outputs.length != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < initialiser->operators.length; i++) {
    struct mendlite_node node;
    struct mendlite_tensor value;
    struct name name;
    int status = mendlite_model_node(initialiser, i, &node);
    if (status == MENDLITE_STATUS_OK && node.code == MENDLITE_OPERATOR_ASSIGN_VARIABLE) {
      status = name_of(initialiser, first_of(initialiser, &node.inputs), i, &name);
      status = status < 0 ? status : assigned_constant(initialiser, &node, &value);
    } else if (status == MENDLITE_STATUS_OK && node.code != MENDLITE_OPERATOR_VAR_HANDLE) {
      status = MENDLITE_STATUS_UNSUPPORTED;
    }
    if (status < 0) {
      return status;
    }
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_variables_check(const struct mendlite_model *model) {
  uint32_t called = 0;
  uint32_t assigned = 0;
  uint32_t handles = 0;
  for (uint32_t i = 0; i < model->operators.length && model->graphs.length > 1; i++) {
    struct mendlite_node node;
    struct mendlite_model initialiser;
    int status = mendlite_model_node(model, i, &node);
    if (status == MENDLITE_STATUS_OK && node.code == MENDLITE_OPERATOR_CALL_ONCE &&
        (status = initialiser_of(model, &node, &initialiser)) == MENDLITE_STATUS_OK) {
      called++;
      assigned += initialiser.operators.length;
      status = called > MOST_HANDLES || assigned > MOST_ASSIGNED ? MENDLITE_STATUS_UNSUPPORTED
                                                                 : check_initialiser(&initialiser);
    }
    handles += node.code == MENDLITE_OPERATOR_VAR_HANDLE;
    if (status < 0 || handles > MOST_HANDLES) {
      return status < 0 ? status : MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  /* One that is called twice leaves another out. */
  return called == model->graphs.length - 1 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

/* What an initialising subgraph assigns to a variable last; *found stays where it does not. */
static int assigned_value(const struct mendlite_model *initialiser, const struct name *name,
                          struct mendlite_tensor *value, bool *found) {
  for (uint32_t i = 0; i < initialiser->operators.length; i++) {
    struct mendlite_node node;
    struct name other;
    int status = mendlite_model_node(initialiser, i, &node);
    if (status < 0) {
      return status;
    }
    if (node.code != MENDLITE_OPERATOR_ASSIGN_VARIABLE) {
      continue;
    }
    status = name_of(initialiser, first_of(initialiser, &node.inputs), i, &other);
    if (status == MENDLITE_STATUS_OK && same_name(initialiser, name, &other)) {
      status = assigned_constant(initialiser, &node, value);
      *found = true;
    }
    if (status < 0) {
      return status;
    }
  }
  return MENDLITE_STATUS_OK;
}

static int value_of(const struct mendlite_model *model, const struct name *name,
                    struct mendlite_tensor *value) {
  bool found = false;
  for (uint32_t i = 0; i < model->operators.length; i++) {
    struct mendlite_node node;
    struct mendlite_model initialiser;
    int status = mendlite_model_node(model, i, &node);
    if (status == MENDLITE_STATUS_OK && node.code == MENDLITE_OPERATOR_CALL_ONCE &&
        (status = initialiser_of(model, &node, &initialiser)) == MENDLITE_STATUS_OK) {
      status = assigned_value(&initialiser, name, value, &found);
    }
    if (status < 0) {
      return status;
    }
  }
  return found ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

int mendlite_variable_first_value(const struct mendlite_model *model, int32_t handle,
                                  uint32_t before, struct mendlite_tensor *value) {
  struct name name;
  int status = name_of(model, handle, before, &name);
  return status < 0 ? status : value_of(model, &name, value);
}

/* The first VAR_HANDLE's tensor of the variable that operator number index, a VAR_HANDLE, names. */
static int32_t first_handle(const struct mendlite_model *model, const struct mendlite_node *node) {
  struct name name;
  if (read_name(model, node, &name) < 0) {
    return -1;
  }
  for (uint32_t i = 0; i < model->operators.length; i++) {
    struct mendlite_node other;
    struct name its;
    if (mendlite_model_node(model, i, &other) == MENDLITE_STATUS_OK &&
        other.code == MENDLITE_OPERATOR_VAR_HANDLE && read_name(model, &other, &its) == 0 &&
        same_name(model, &name, &its)) {
      return first_of(model, &other.outputs);
    }
  }
  return -1;
}

int mendlite_variable_place(const struct mendlite_model *model,
                            const struct mendlite_workspace *workspace, uint32_t index) {
  struct mendlite_node node;
  struct mendlite_tensor value;
  struct name name;
  int status = mendlite_model_node(model, index, &node);
  if (status < 0) {
    return status;
  }
  int32_t handle = first_of(model, &node.outputs);
  if (name_of(model, handle, index, &name) == MENDLITE_STATUS_OK) {
    return MENDLITE_STATUS_MALFORMED;
  }
  status = mendlite_variable_first_value(model, handle, index + 1, &value);
  if (status == MENDLITE_STATUS_OK) {
    /* As an input that is read until the end, and before it is written. */
    workspace->placements[handle] =
        (struct mendlite_placement){.size = first_handle(model, &node) == handle ? value.bytes : 0,
                                    .first = -1,
                                    .last = (int16_t)model->operators.length};
  }
  return status;
}

/* Calls for each VAR_HANDLE: its tensor, and the first of that variable. */
typedef void each_handle(const struct mendlite_model *model,
                         const struct mendlite_workspace *workspace, uint32_t index, int32_t handle,
                         int32_t first);

static bool for_each(const struct mendlite_model *model, const struct mendlite_workspace *workspace,
                     each_handle *act) {
  bool any = false;
  for (uint32_t i = 0; i < model->operators.length && model->graphs.length > 1; i++) {
    struct mendlite_node node;
    if (mendlite_model_node(model, i, &node) < 0 || node.code != MENDLITE_OPERATOR_VAR_HANDLE) {
      continue;
    }
    act(model, workspace, i, first_of(model, &node.outputs), first_handle(model, &node));
    any = true;
  }
  return any;
}

static void join(const struct mendlite_model *model, const struct mendlite_workspace *workspace,
                 uint32_t index, int32_t handle, int32_t first) {
  (void)model;
  (void)index;
  workspace->placements[handle].offset = workspace->placements[first].offset;
}

void mendlite_variables_join(const struct mendlite_model *model,
                             const struct mendlite_workspace *workspace) {
  for_each(model, workspace, join);
}

static void reset(const struct mendlite_model *model, const struct mendlite_workspace *workspace,
                  uint32_t index, int32_t handle, int32_t first) {
  struct mendlite_tensor value;
  if (handle == first &&
      mendlite_variable_first_value(model, handle, index + 1, &value) == MENDLITE_STATUS_OK) {
    memcpy(workspace->tensors + workspace->placements[handle].offset, value.constant, value.bytes);
  }
}

bool mendlite_variables_reset(const struct mendlite_model *model,
                              const struct mendlite_workspace *workspace) {
  return for_each(model, workspace, reset);
}

bool mendlite_states_reset(const struct mendlite_model *model,
                           const struct mendlite_workspace *workspace) {
  bool any = false;
  for (uint32_t i = 0; i < model->tensors.length; i++) {
    const struct mendlite_placement *place = &workspace->placements[i];
    struct mendlite_tensor tensor;
    if (place->size != 0 &&
        mendlite_model_tensor(model, (int32_t)i, &tensor) == MENDLITE_STATUS_OK &&
        tensor.variable) {
      int32_t first = tensor.type == MENDLITE_TYPE_INT8 ? tensor.zero_point : 0;
      memset(workspace->tensors + place->offset, first, place->size);
      any = true;
    }
  }
  return any;
}
