/* Variables: values that a model keeps from one run to the next (resource_variable.cc).
 *
 * VAR_HANDLE names the variable that a tensor stands for; tensors of one name stand for one
 * variable. CALL_ONCE names a subgraph that assigns constants: the first values. The variable lies
 * where its first handle is placed, for as long as the model is open.
 */
#ifndef MENDLITE_VARIABLES_H
#define MENDLITE_VARIABLES_H

#include "engine/model.h"
#include "engine/workspace.h"

/* Codes of BuiltinOperator. */
enum {
  MENDLITE_OPERATOR_CALL_ONCE = 129,
  MENDLITE_OPERATOR_VAR_HANDLE = 142,
  MENDLITE_OPERATOR_READ_VARIABLE = 143,
  MENDLITE_OPERATOR_ASSIGN_VARIABLE = 144
};

/* Whether CALL_ONCE runs each subgraph but the first, once, and each assigns constants alone.
 * Returns 0, MENDLITE_STATUS_MALFORMED where the file breaks the format, or
 * MENDLITE_STATUS_UNSUPPORTED for other subgraphs and for very many variables. */
int mendlite_variables_check(const struct mendlite_model *model);

/* The constant that an initialising subgraph assigns to the variable of a tensor, which a
 * VAR_HANDLE in front of operator before names. Its index is one of that subgraph. Returns 0,
 * MENDLITE_STATUS_MALFORMED where none names it, or MENDLITE_STATUS_UNSUPPORTED for a variable
 * without a first value. */
int mendlite_variable_first_value(const struct mendlite_model *model, int32_t handle,
                                  uint32_t before, struct mendlite_tensor *value);

/* Places the handle that VAR_HANDLE number index names: room for the variable at its first handle.
 * Returns 0, or an error as above; MENDLITE_STATUS_MALFORMED for a tensor that is named twice. */
int mendlite_variable_place(const struct mendlite_model *model,
                            const struct mendlite_workspace *workspace, uint32_t index);

/* Leads all handles of a variable to one place, once tensors have places. */
void mendlite_variables_join(const struct mendlite_model *model,
                             const struct mendlite_workspace *workspace);

/* Gives all variables their first values; false where the model has none. */
bool mendlite_variables_reset(const struct mendlite_model *model,
                              const struct mendlite_workspace *workspace);

/* Empties the states that operators keep from run to run (mendlite_op_kept_state): zeros, of int8
 * their zero-points. False where the model has none. */
bool mendlite_states_reset(const struct mendlite_model *model,
                           const struct mendlite_workspace *workspace);

#endif
