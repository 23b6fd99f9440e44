/* What an operator's kernel is called with, and the checks that many kernels share.
 *
 * Every kernel runs twice: when the model is opened, to check all that it will rely on and to
 * reserve its scratch, and then on every inference, with data. One function does both, so that no
 * check can be left out of either.
 *
 * A function that returns an int returns 0, or the negative status with which the model is refused:
 * MENDLITE_STATUS_MALFORMED where the file breaks the format or its parts do not fit each other,
 * MENDLITE_STATUS_UNSUPPORTED for what is not run. Other errors stand beside the function.
 */
#ifndef MENDLITE_OP_H
#define MENDLITE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/fixed_point.h"
#include "engine/model.h"
#include "engine/profile.h"
#include "engine/workspace.h"
#include "status.h"

/* A tensor, never a resource, and where its values lie (mendlite_workspace_data): data is NULL
 * while the model is only checked, unless the tensor is a constant, which may only be read. */
struct mendlite_operand {
  struct mendlite_tensor tensor;
  uint8_t *data;
  /* What each byte is xored with where uint8 is taken as int8 (ops/values.h), else 0. */
  uint8_t flip;
};

struct mendlite_op {
  const struct mendlite_workspace *workspace;
  const struct mendlite_model *model;
  const struct mendlite_node *node;
  /* Its number among the operators, from 0. */
  uint32_t index;
  enum mendlite_profile profile;
  /* Whether the node has options, and they are this operator's. */
  bool has_options;
  /* False: check only. */
  bool run;
  /* Bytes of scratch that this kernel has reserved, and where they are once it runs, aligned to 8.
   * UINT32_MAX: more than 32 bits hold. */
  uint32_t scratch_size;
  uint8_t *scratch;
};

/* Checks one operator or, where op->run is true, computes its output. */
typedef int mendlite_kernel(struct mendlite_op *op);

/* Reads input or output number n, from 0. Malformed: the operator has none of that number, the
 * input is empty, or the output is a constant. */
int mendlite_op_input(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);
int mendlite_op_output(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);

/* Reads input n that may be int4: a layer's weights. All other operands are refused as int4. */
int mendlite_op_weights(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);

/* Reads input n that may be empty: axes or extents, as a rule a constant. */
int mendlite_op_list(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);

/* Reads what the file states of input n, a state that the operator keeps from step to step: it has
 * no values. All other operands are refused as states. Unsupported: it is none. */
int mendlite_op_state(const struct mendlite_op *op, uint32_t n, struct mendlite_tensor *tensor);

/* Reads the same of a state that outlives a run, and keeps room for it as long as the model is
 * open: mendlite_states_reset fills it. Malformed: another operator keeps it. */
int mendlite_op_kept_state(const struct mendlite_op *op, uint32_t n,
                           struct mendlite_operand *state);

/* Reads what the file states of intermediate tensor n, from 0. Unsupported: there is none. */
int mendlite_op_intermediate(const struct mendlite_op *op, uint32_t n,
                             struct mendlite_tensor *tensor);

/* Reads input n that may be left out: then its tensor's index is -1. */
int mendlite_op_optional_input(const struct mendlite_op *op, uint32_t n,
                               struct mendlite_operand *operand);

/* Reserves size bytes of scratch, behind those reserved before, and returns where they are, aligned
 * to 8; NULL while the model is only checked. */
void *mendlite_op_scratch(struct mendlite_op *op, uint32_t size);

/* Reads an int32 option, or one of a byte, by the number of its field in the operator's own options
 * table. Where that or the table is left out *value is otherwise, for a byte 0. */
int mendlite_op_option(const struct mendlite_op *op, uint32_t field, int32_t otherwise,
                       int32_t *value);
int mendlite_op_small_option(const struct mendlite_op *op, uint32_t field, int32_t *value);
/* Reads an option of a byte that is otherwise when it is left out. */
int mendlite_op_byte_option(const struct mendlite_op *op, uint32_t field, uint8_t otherwise,
                            int32_t *value);
/* Reads an option that is a vector of int32; empty where it is left out. */
int mendlite_op_vector_option(const struct mendlite_op *op, uint32_t field,
                              struct mendlite_vector *value);

/* How this operator requantizes: FULLY_CONNECTED has a profile of its own in tflite_ref. */
enum mendlite_rounding mendlite_op_rounding(const struct mendlite_op *op);

/* The one BuiltinOperator whose arithmetic has a rule of its own. */
enum { MENDLITE_OPERATOR_FULLY_CONNECTED = 9 };

/* ActivationFunctionType of the schema, as far as this engine knows it. */
enum {
  MENDLITE_FUSED_NONE = 0,
  MENDLITE_FUSED_RELU = 1,
  MENDLITE_FUSED_RELU_N1_TO_1 = 2,
  MENDLITE_FUSED_RELU6 = 3
};

/* Bounds in a tensor's own values, both within its type. */
struct mendlite_range {
  int32_t low;
  int32_t high;
};

/* The ends of an integer type of 8, 16 or 32 bits. */
struct mendlite_range mendlite_type_range(uint8_t type);

/* The bounds of a fused activation (CalculateActivationRangeQuantized). Unsupported: another
 * activation, or a scale by which a bound leaves int32. */
int mendlite_activation_range(const struct mendlite_tensor *output, int32_t activation,
                              struct mendlite_range *range);

/* QuantizeMultiplier of a quotient of scales, by this operator's rounding. Unsupported: it is 2^30
 * or more, or no number; TFLite shifts by its exponent, and 32 bits hold no more. */
int mendlite_op_multiplier(const struct mendlite_op *op, double real,
                           struct mendlite_multiplier *by);

/* Whether the desktop's kernels are followed where TFLite Micro computes otherwise. */
bool mendlite_op_desktop(const struct mendlite_op *op);

/* Whether FULLY_CONNECTED with one weight scale, or BATCH_MATMUL, multiplies its scales in float32.
 */
bool mendlite_op_narrow_product(const struct mendlite_op *op);

bool mendlite_is_int8(const struct mendlite_tensor *tensor);

/* Whether both have one scale, above zero and finite, and at most one zero-point. */
bool mendlite_both_quantized(const struct mendlite_op *op, const struct mendlite_tensor *a,
                             const struct mendlite_tensor *b);

/* Whether equal values of two tensors of one type stand for equal real values: of int8 and uint8 by
 * equal scales and zero-points, of other types always. */
bool mendlite_same_meaning(const struct mendlite_op *op, const struct mendlite_tensor *a,
                           const struct mendlite_tensor *b);

bool mendlite_same_shape(const struct mendlite_tensor *a, const struct mendlite_tensor *b);

/* A shape as an operator makes it. There is room for one axis more than tensors have, so that an
 * axis can be put in. */
struct mendlite_shape {
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK + 1];
};

/* Whether a tensor has that shape. */
bool mendlite_has_shape(const struct mendlite_tensor *tensor, const struct mendlite_shape *shape);

/* A tensor's shape with one more axis, number axis (0 ... rank), of the given extent. */
void mendlite_put_axis(const struct mendlite_tensor *tensor, uint32_t axis, int32_t extent,
                       struct mendlite_shape *shape);

/* Makes *axis, which counts from the end where it is negative, one of 0 ... rank - 1. Malformed: it
 * is none of the rank axes. */
int mendlite_normal_axis(int32_t rank, int32_t *axis);

/* Element n, from 0, of a constant int32 tensor, which must have it. */
int32_t mendlite_constant_i32(const struct mendlite_tensor *tensor, uint32_t n);

#endif
