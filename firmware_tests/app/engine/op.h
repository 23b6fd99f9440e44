/* What an operator's kernel is given, and small questions that many kernels ask.
 *
 * Every kernel runs twice: when the model is opened, to check all that it will rely on and to say
 * how much scratch it wants, and then on every inference, with data. One function does both, so
 * that no check can be left out of either.
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

/* A tensor and where its values lie; data is NULL while the model is only checked, unless the
 * tensor is a constant. */
struct mendlite_operand {
  struct mendlite_tensor tensor;
  uint8_t *data;
};

struct mendlite_op {
  const struct mendlite_workspace *workspace;
  const struct mendlite_model *model;
  const struct mendlite_node *node;
  enum mendlite_profile profile;
  /* Whether the node has options, and they are this operator's. */
  bool has_options;
  /* False: check only. */
  bool run;
  /* Bytes that this kernel wants, and where they are once it runs; aligned to 8. UINT32_MAX: more
   * than 32 bits hold. */
  uint32_t scratch_size;
  uint8_t *scratch;
};

typedef int mendlite_kernel(struct mendlite_op *op);

/* Input or output number n; MENDLITE_STATUS_MALFORMED where the operator has none. */
int mendlite_op_input(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);
int mendlite_op_output(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);

/* A vector that may be empty: axes or extents, as a rule a constant. Other inputs are not. */
int mendlite_op_list(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *operand);

/* An input that may be left out: then its tensor's index is -1. */
int mendlite_op_optional_input(const struct mendlite_op *op, uint32_t n,
                               struct mendlite_operand *operand);

/* Takes size bytes of scratch; returns NULL while the model is only checked. */
void *mendlite_op_scratch(struct mendlite_op *op, uint32_t size);

/* Options by the number of their field in the operator's own options table. */
int mendlite_op_option(const struct mendlite_op *op, uint32_t field, int32_t otherwise,
                       int32_t *value);
int mendlite_op_small_option(const struct mendlite_op *op, uint32_t field, int32_t *value);
/* A vector of int32; empty where it is left out. */
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

/* Bounds of a fused activation in an int8 tensor's own values
 * (CalculateActivationRangeQuantized). */
struct mendlite_range {
  int32_t low;
  int32_t high;
};
int mendlite_activation_range(const struct mendlite_tensor *output, int32_t activation,
                              struct mendlite_range *range);

/* QuantizeMultiplier of a quotient of scales; MENDLITE_STATUS_UNSUPPORTED where it is 2^30 or more,
 * or no number: TFLite shifts by its exponent, and 32 bits hold no more. */
int mendlite_op_multiplier(const struct mendlite_op *op, double real,
                           struct mendlite_multiplier *by);

/* Whether the desktop's kernels are followed where TFLite Micro computes otherwise. */
bool mendlite_op_desktop(const struct mendlite_op *op);

bool mendlite_is_int8(const struct mendlite_tensor *tensor);

/* Whether both have one sound scale. */
bool mendlite_both_quantized(const struct mendlite_op *op, const struct mendlite_tensor *a,
                             const struct mendlite_tensor *b);

/* Whether values of one 8-bit tensor mean the same in another; of other types they always do. */
bool mendlite_same_meaning(const struct mendlite_op *op, const struct mendlite_tensor *a,
                           const struct mendlite_tensor *b);

bool mendlite_same_shape(const struct mendlite_tensor *a, const struct mendlite_tensor *b);

/* A shape as an operator makes it, and whether a tensor has it. There is room for one axis more
 * than tensors have, so that an axis can be put in. */
struct mendlite_shape {
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK + 1];
};
bool mendlite_has_shape(const struct mendlite_tensor *tensor, const struct mendlite_shape *shape);

/* A shape with an axis of some extent put in. */
void mendlite_put_axis(const struct mendlite_tensor *tensor, uint32_t axis, int32_t extent,
                       struct mendlite_shape *shape);

/* An axis counted from the end where it is negative, within rank axes. */
int mendlite_normal_axis(int32_t rank, int32_t *axis);

/* Element n of a constant int32 vector. */
int32_t mendlite_constant_i32(const struct mendlite_tensor *tensor, uint32_t n);

#endif
