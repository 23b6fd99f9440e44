/* Stub of the code generated from schema.fbs: the names that app/tflm uses, the schema's numbers. */
#ifndef STUB_SCHEMA_GENERATED_H
#define STUB_SCHEMA_GENERATED_H

#include "flatbuffers/flatbuffers.h"

namespace tflite {

/* A table in the model's bytes; never made, only pointed to. */
struct Model;

const Model *GetModel(const void *buf);
bool VerifyModelBuffer(flatbuffers::Verifier &verifier);

enum BuiltinOperator : int32_t {
  BuiltinOperator_ADD = 0,
  BuiltinOperator_AVERAGE_POOL_2D = 1,
  BuiltinOperator_CONCATENATION = 2,
  BuiltinOperator_CONV_2D = 3,
  BuiltinOperator_DEPTHWISE_CONV_2D = 4,
  BuiltinOperator_DEQUANTIZE = 6,
  BuiltinOperator_FULLY_CONNECTED = 9,
  BuiltinOperator_LOGISTIC = 14,
  BuiltinOperator_MAX_POOL_2D = 17,
  BuiltinOperator_MUL = 18,
  BuiltinOperator_RELU = 19,
  BuiltinOperator_RELU6 = 21,
  BuiltinOperator_RESHAPE = 22,
  BuiltinOperator_SOFTMAX = 25,
  BuiltinOperator_TANH = 28,
  BuiltinOperator_CUSTOM = 32,
  BuiltinOperator_PAD = 34,
  BuiltinOperator_TRANSPOSE = 39,
  BuiltinOperator_MEAN = 40,
  BuiltinOperator_SUB = 41,
  BuiltinOperator_SQUEEZE = 43,
  BuiltinOperator_STRIDED_SLICE = 45,
  BuiltinOperator_PADV2 = 60,
  BuiltinOperator_TRANSPOSE_CONV = 67,
  BuiltinOperator_EXPAND_DIMS = 70,
  BuiltinOperator_SHAPE = 77,
  BuiltinOperator_PACK = 83,
  BuiltinOperator_QUANTIZE = 114
};

}  // namespace tflite

#endif
