/* A .tflite file's subgraphs, read one at a time and where they lie (schema.fbs, version 3). */
#ifndef MENDLITE_MODEL_H
#define MENDLITE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flatbuffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Axes that a tensor has at most. */
enum { MENDLITE_MAX_RANK = 6 };

/* TensorType of the schema, as far as this engine knows it. */
enum mendlite_tensor_type {
  MENDLITE_TYPE_FLOAT32 = 0,
  MENDLITE_TYPE_INT32 = 2,
  MENDLITE_TYPE_UINT8 = 3,
  MENDLITE_TYPE_INT64 = 4,
  MENDLITE_TYPE_BOOL = 6,
  MENDLITE_TYPE_INT16 = 7,
  MENDLITE_TYPE_INT8 = 9,
  /* Stands for a variable (variables.h); it has no bytes of its own. */
  MENDLITE_TYPE_RESOURCE = 13,
  /* Two values a byte, the first in the low half; the last of an odd count leaves its high half
   * unused. Only the constant weights of a layer. int2 (19) is not known. */
  MENDLITE_TYPE_INT4 = 17
};

struct mendlite_model {
  struct mendlite_flatbuffer file;
  /* Tables of the file: OperatorCode, Buffer and SubGraph; of one subgraph: Tensor and Operator. */
  struct mendlite_vector codes;
  struct mendlite_vector buffers;
  struct mendlite_vector graphs;
  struct mendlite_vector tensors;
  struct mendlite_vector operators;
  /* int32 indices of tensors, not checked yet. */
  struct mendlite_vector inputs;
  struct mendlite_vector outputs;
};

struct mendlite_tensor {
  /* Its number in the subgraph, from 0. */
  int32_t index;
  /* A mendlite_tensor_type. */
  uint8_t type;
  /* Axes, 0 ... MENDLITE_MAX_RANK, and their extents: at least 1, of a vector at least 0. */
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK];
  /* The product of the extents, 0 ... 2^28. */
  uint32_t elements;
  /* Bytes of one element: 1, 2, 4 or 8; 0 of int4 and of a resource. */
  uint32_t element_size;
  /* elements * element_size; of int4 half of the elements, rounded up. */
  uint32_t bytes;
  /* The file's own bytes of a constant, of an empty one as well; NULL where the model computes the
   * tensor. */
  const uint8_t *constant;
  /* float32 scales and int64 zero-points: none, one, or one per channel, along an axis (a vector
   * has but one). Any values, as the file has them. */
  struct mendlite_vector scales;
  struct mendlite_vector zeros;
  int32_t axis;
  /* The first of either; 0 where there is none. A zero-point of an int8 or uint8 tensor is a value
   * of that type. */
  float scale;
  int32_t zero_point;
  /* Whether it is the state of an operator (LSTM), which has no values in the file. */
  bool variable;
};

/* An operator. */
struct mendlite_node {
  /* BuiltinOperator of the schema; any number. */
  int32_t code;
  /* int32 indices of tensors, not checked yet; -1 for an optional input that is left out. */
  struct mendlite_vector inputs;
  struct mendlite_vector outputs;
  /* The number of the options' table in the schema's BuiltinOptions; 0 where there is none. */
  uint8_t options_type;
  struct mendlite_table options;
  /* Whether options was read: the file may leave them out. */
  bool has_options;
  /* int32 indices of tensors that state an LSTM's inner quantization, not checked yet. */
  struct mendlite_vector intermediates;
};

/* Finds the parts of a file of size bytes and of its first subgraph, goes to another of its
 * subgraphs, or reads tensor or operator number index, from 0. Each returns 0,
 * MENDLITE_STATUS_MALFORMED where the file breaks the format or has none of that number,
 * MENDLITE_STATUS_UNSUPPORTED for what the engine does not know (another type, more axes, a
 * variable with values in the file, a sparse tensor), or MENDLITE_STATUS_NO_ROOM for a tensor of
 * more than 2^28 elements.
 */
int mendlite_model_open(struct mendlite_model *model, const uint8_t *data, uint32_t size);
int mendlite_model_subgraph(struct mendlite_model *model, uint32_t number);
int mendlite_model_tensor(const struct mendlite_model *model, int32_t index,
                          struct mendlite_tensor *tensor);
int mendlite_model_node(const struct mendlite_model *model, uint32_t index,
                        struct mendlite_node *node);

/* The scale of a channel, from 0, of a tensor with one scale or one per channel. */
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

#ifdef __cplusplus
}
#endif

#endif
