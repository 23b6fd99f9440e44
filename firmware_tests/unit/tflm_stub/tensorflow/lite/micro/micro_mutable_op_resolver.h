/* Stub of TFLM's resolver: it notes which operators were added and has kernels for none. */
#ifndef STUB_MICRO_MUTABLE_OP_RESOLVER_H
#define STUB_MICRO_MUTABLE_OP_RESOLVER_H

#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace tflite {

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  explicit MicroMutableOpResolver() {}

  const TFLMRegistration *FindOp(BuiltinOperator op) const override {
    for (unsigned int i = 0; i < count; i++) {
      if (registrations[i].builtin_code == op) {
        return &registrations[i];
      }
    }
    return nullptr;
  }
  const TFLMRegistration *FindOp(const char *) const override { return nullptr; }

  TfLiteStatus AddAdd() { return add(BuiltinOperator_ADD); }
  TfLiteStatus AddAveragePool2D() { return add(BuiltinOperator_AVERAGE_POOL_2D); }
  TfLiteStatus AddConcatenation() { return add(BuiltinOperator_CONCATENATION); }
  TfLiteStatus AddConv2D() { return add(BuiltinOperator_CONV_2D); }
  TfLiteStatus AddDepthwiseConv2D() { return add(BuiltinOperator_DEPTHWISE_CONV_2D); }
  TfLiteStatus AddDequantize() { return add(BuiltinOperator_DEQUANTIZE); }
  TfLiteStatus AddExpandDims() { return add(BuiltinOperator_EXPAND_DIMS); }
  TfLiteStatus AddFullyConnected() { return add(BuiltinOperator_FULLY_CONNECTED); }
  TfLiteStatus AddLogistic() { return add(BuiltinOperator_LOGISTIC); }
  TfLiteStatus AddMaxPool2D() { return add(BuiltinOperator_MAX_POOL_2D); }
  TfLiteStatus AddMean() { return add(BuiltinOperator_MEAN); }
  TfLiteStatus AddMul() { return add(BuiltinOperator_MUL); }
  TfLiteStatus AddPack() { return add(BuiltinOperator_PACK); }
  TfLiteStatus AddPad() { return add(BuiltinOperator_PAD); }
  TfLiteStatus AddPadV2() { return add(BuiltinOperator_PADV2); }
  TfLiteStatus AddQuantize() { return add(BuiltinOperator_QUANTIZE); }
  TfLiteStatus AddRelu() { return add(BuiltinOperator_RELU); }
  TfLiteStatus AddRelu6() { return add(BuiltinOperator_RELU6); }
  TfLiteStatus AddReshape() { return add(BuiltinOperator_RESHAPE); }
  TfLiteStatus AddShape() { return add(BuiltinOperator_SHAPE); }
  TfLiteStatus AddSoftmax() { return add(BuiltinOperator_SOFTMAX); }
  TfLiteStatus AddSqueeze() { return add(BuiltinOperator_SQUEEZE); }
  TfLiteStatus AddStridedSlice() { return add(BuiltinOperator_STRIDED_SLICE); }
  TfLiteStatus AddSub() { return add(BuiltinOperator_SUB); }
  TfLiteStatus AddTanh() { return add(BuiltinOperator_TANH); }
  TfLiteStatus AddTranspose() { return add(BuiltinOperator_TRANSPOSE); }
  TfLiteStatus AddTransposeConv() { return add(BuiltinOperator_TRANSPOSE_CONV); }

 private:
  TfLiteStatus add(BuiltinOperator op) {
    if (count == tOpCount || FindOp(op) != nullptr) {
      return kTfLiteError;
    }
    registrations[count++].builtin_code = op;
    return kTfLiteOk;
  }

  TFLMRegistration registrations[tOpCount];
  unsigned int count = 0;
};

}  // namespace tflite

#endif
