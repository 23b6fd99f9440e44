/* A .tflite file's first subgraph, read where it lies (schema.fbs, version 3). */
#ifndef MENDLITE_MODEL_H
#define MENDLITE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flatbuffer.h"

enum { MENDLITE_MAX_RANK = 6 };

/* TensorType of the schema, as far as this engine knows it. */
enum mendlite_tensor_type {
  MENDLITE_TYPE_FLOAT32 = 0,
  MENDLITE_TYPE_INT32 = 2,
  MENDLITE_TYPE_UINT8 = 3,
  MENDLITE_TYPE_INT64 = 4,
  MENDLITE_TYPE_BOOL = 6,
  MENDLITE_TYPE_INT16 = 7,
  MENDLITE_TYPE_INT8 = 9
};

struct mendlite_model {
  struct mendlite_flatbuffer file;
  struct mendlite_vector codes;
  struct mendlite_vector buffers;
  struct mendlite_vector tensors;
  struct mendlite_vector operators;
  struct mendlite_vector inputs;
  struct mendlite_vector outputs;
};

struct mendlite_tensor {
  int32_t index;
  uint8_t type;
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK];
  uint32_t elements;
  uint32_t element_size;
  /* elements * element_size */
  uint32_t bytes;
  /* The file's own bytes of a constant, of an empty one as well; NULL where the model computes the
   * tensor. */
  const uint8_t *constant;
  /* float32 scales and int64 zero-points: none, one, or one per channel, along an axis (a vector
   * has but one). The first scale and zero-point. */
  struct mendlite_vector scales;
  struct mendlite_vector zeros;
  int32_t axis;
  float scale;
  int32_t zero_point;
};

/* An operator: BuiltinOperator code, tensor indices and its options. */
struct mendlite_node {
  int32_t code;
  struct mendlite_vector inputs;
  struct mendlite_vector outputs;
  /* The number of the options' table in the schema's BuiltinOptions; 0 where there is none. */
  uint8_t options_type;
  struct mendlite_table options;
  bool has_options;
};

/* Each returns 0, MENDLITE_STATUS_MALFORMED, or MENDLITE_STATUS_UNSUPPORTED for what the engine
 * does not know. */
int mendlite_model_open(struct mendlite_model *model, const uint8_t *data, uint32_t size);
int mendlite_model_tensor(const struct mendlite_model *model, int32_t index,
                          struct mendlite_tensor *tensor);
int mendlite_model_node(const struct mendlite_model *model, uint32_t index,
                        struct mendlite_node *node);

/* Scale number channel of a tensor with one scale or one per channel. */
float mendlite_tensor_scale(const struct mendlite_model *model,
                            const struct mendlite_tensor *tensor, uint32_t channel);

/* Whether a tensor has just one scale, above zero and finite, and at most one zero-point. */
bool mendlite_tensor_is_quantized(const struct mendlite_model *model,
                                  const struct mendlite_tensor *tensor);

/* Whether a tensor has no zero-point but 0. */
bool mendlite_has_no_zero_point(const struct mendlite_model *model,
                                const struct mendlite_tensor *tensor);

/* Whether weights have one such scale, or one for each of the channels along an axis, and no
 * zero-point but 0. */
bool mendlite_weights_are_quantized(const struct mendlite_model *model,
                                    const struct mendlite_tensor *tensor, uint32_t channels,
                                    int32_t axis);

#endif
