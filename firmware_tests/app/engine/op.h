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
struct operand {
  struct tensor tensor;
  uint8_t *data;
};

struct op {
  const struct workspace *workspace;
  const struct model *model;
  const struct node *node;
  enum profile profile;
  /* Whether the node has options, and they are this operator's. */
  bool has_options;
  /* False: check only. */
  bool run;
  /* Bytes that this kernel wants, and where they are once it runs; aligned to 8. UINT32_MAX: more
   * than 32 bits hold. */
  uint32_t scratch_size;
  uint8_t *scratch;
};

typedef int kernel(struct op *op);

/* Input or output number n; STATUS_MALFORMED where the operator has none. */
int op_input(const struct op *op, uint32_t n, struct operand *operand);
int op_output(const struct op *op, uint32_t n, struct operand *operand);

/* A vector that may be empty: axes or extents, as a rule a constant. Other inputs are not. */
int op_list(const struct op *op, uint32_t n, struct operand *operand);

/* An input that may be left out: then its tensor's index is -1. */
int op_optional_input(const struct op *op, uint32_t n, struct operand *operand);

/* Takes size bytes of scratch; returns NULL while the model is only checked. */
void *op_scratch(struct op *op, uint32_t size);

/* Options by the number of their field in the operator's own options table. */
int op_option(const struct op *op, uint32_t field, int32_t otherwise, int32_t *value);
int op_small_option(const struct op *op, uint32_t field, int32_t *value);
/* A vector of int32; empty where it is left out. */
int op_vector_option(const struct op *op, uint32_t field, struct vector *value);

/* How this operator requantizes: FULLY_CONNECTED has a profile of its own in tflite_ref. */
enum rounding op_rounding(const struct op *op);

/* The one BuiltinOperator whose arithmetic has a rule of its own. */
enum { OPERATOR_FULLY_CONNECTED = 9 };

/* ActivationFunctionType of the schema, as far as this engine knows it. */
enum { FUSED_NONE = 0, FUSED_RELU = 1, FUSED_RELU_N1_TO_1 = 2, FUSED_RELU6 = 3 };

/* Bounds of a fused activation in an int8 tensor's own values
 * (CalculateActivationRangeQuantized). */
struct range {
  int32_t low;
  int32_t high;
};
int activation_range(const struct tensor *output, int32_t activation, struct range *range);

/* QuantizeMultiplier of a quotient of scales; STATUS_UNSUPPORTED where it is 2^30 or more, or no
 * number: TFLite shifts by its exponent, and 32 bits hold no more. */
int op_multiplier(const struct op *op, double real, struct multiplier *by);

/* Whether the desktop's kernels are followed where TFLite Micro computes otherwise. */
bool op_desktop(const struct op *op);

bool is_int8(const struct tensor *tensor);

/* Whether both have one sound scale. */
bool both_quantized(const struct op *op, const struct tensor *a, const struct tensor *b);

/* Whether values of one 8-bit tensor mean the same in another; of other types they always do. */
bool same_meaning(const struct op *op, const struct tensor *a, const struct tensor *b);

bool same_shape(const struct tensor *a, const struct tensor *b);

/* A shape as an operator makes it, and whether a tensor has it. There is room for one axis more
 * than tensors have, so that an axis can be put in. */
struct shape {
  uint32_t rank;
  int32_t dims[MAX_RANK + 1];
};
bool has_shape(const struct tensor *tensor, const struct shape *shape);

/* A shape with an axis of some extent put in. */
void put_axis(const struct tensor *tensor, uint32_t axis, int32_t extent, struct shape *shape);

/* An axis counted from the end where it is negative, within rank axes. */
int normal_axis(int32_t rank, int32_t *axis);

/* Element n of a constant int32 vector. */
int32_t constant_i32(const struct tensor *tensor, uint32_t n);

#endif
