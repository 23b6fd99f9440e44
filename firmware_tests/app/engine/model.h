/* A .tflite file's first subgraph, read where it lies (schema.fbs, version 3). */
#ifndef MENDLITE_MODEL_H
#define MENDLITE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flatbuffer.h"

enum { MAX_RANK = 6 };

/* TensorType of the schema, as far as this engine knows it. */
enum tensor_type {
  TYPE_FLOAT32 = 0,
  TYPE_INT32 = 2,
  TYPE_UINT8 = 3,
  TYPE_INT64 = 4,
  TYPE_BOOL = 6,
  TYPE_INT16 = 7,
  TYPE_INT8 = 9
};

struct model {
  struct flatbuffer file;
  struct vector codes;
  struct vector buffers;
  struct vector tensors;
  struct vector operators;
  struct vector inputs;
  struct vector outputs;
};

struct tensor {
  int32_t index;
  uint8_t type;
  uint32_t rank;
  int32_t dims[MAX_RANK];
  uint32_t elements;
  uint32_t element_size;
  /* elements * element_size */
  uint32_t bytes;
  /* The file's own bytes of a constant, of an empty one as well; NULL where the model computes the
   * tensor. */
  const uint8_t *constant;
  /* float32 scales and int64 zero-points: none, one, or one per channel, along an axis (a vector
   * has but one). The first scale and zero-point. */
  struct vector scales;
  struct vector zeros;
  int32_t axis;
  float scale;
  int32_t zero_point;
};

/* An operator: BuiltinOperator code, tensor indices and its options. */
struct node {
  int32_t code;
  struct vector inputs;
  struct vector outputs;
  /* The number of the options' table in the schema's BuiltinOptions; 0 where there is none. */
  uint8_t options_type;
  struct table options;
  bool has_options;
};

/* Each returns 0, STATUS_MALFORMED, or STATUS_UNSUPPORTED for what the engine does not know. */
int model_open(struct model *model, const uint8_t *data, uint32_t size);
int model_tensor(const struct model *model, int32_t index, struct tensor *tensor);
int model_node(const struct model *model, uint32_t index, struct node *node);

/* Scale number channel of a tensor with one scale or one per channel. */
float tensor_scale(const struct model *model, const struct tensor *tensor, uint32_t channel);

/* Whether a tensor has just one scale, above zero and finite, and at most one zero-point. */
bool tensor_is_quantized(const struct model *model, const struct tensor *tensor);

/* Whether a tensor has no zero-point but 0. */
bool has_no_zero_point(const struct model *model, const struct tensor *tensor);

/* Whether weights have one such scale, or one for each of the channels along an axis, and no
 * zero-point but 0. */
bool weights_are_quantized(const struct model *model, const struct tensor *tensor,
                           uint32_t channels, int32_t axis);

#endif
