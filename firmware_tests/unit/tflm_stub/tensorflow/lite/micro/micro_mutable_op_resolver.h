/* Stub of TFLM's resolver: it notes which operators were added. Like a release before 2025 it has
 * no REVERSE_V2. */
#ifndef STUB_MICRO_MUTABLE_OP_RESOLVER_H
#define STUB_MICRO_MUTABLE_OP_RESOLVER_H

#include "tensorflow/lite/micro/micro_log.h"
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
  TfLiteStatus AddArgMax() { return add(BuiltinOperator_ARG_MAX); }
  TfLiteStatus AddAveragePool2D() { return add(BuiltinOperator_AVERAGE_POOL_2D); }
  TfLiteStatus AddBatchMatMul() { return add(BuiltinOperator_BATCH_MATMUL); }
  TfLiteStatus AddBatchToSpaceNd() { return add(BuiltinOperator_BATCH_TO_SPACE_ND); }
  TfLiteStatus AddBroadcastTo() { return add(BuiltinOperator_BROADCAST_TO); }
  TfLiteStatus AddCast() { return add(BuiltinOperator_CAST); }
  TfLiteStatus AddConcatenation() { return add(BuiltinOperator_CONCATENATION); }
  TfLiteStatus AddConv2D() { return add(BuiltinOperator_CONV_2D); }
  TfLiteStatus AddCumSum() { return add(BuiltinOperator_CUMSUM); }
  TfLiteStatus AddDepthToSpace() { return add(BuiltinOperator_DEPTH_TO_SPACE); }
  TfLiteStatus AddDepthwiseConv2D() { return add(BuiltinOperator_DEPTHWISE_CONV_2D); }
  TfLiteStatus AddDequantize() { return add(BuiltinOperator_DEQUANTIZE); }
  TfLiteStatus AddDiv() { return add(BuiltinOperator_DIV); }
  TfLiteStatus AddElu() { return add(BuiltinOperator_ELU); }
  TfLiteStatus AddEqual() { return add(BuiltinOperator_EQUAL); }
  TfLiteStatus AddExp() { return add(BuiltinOperator_EXP); }
  TfLiteStatus AddExpandDims() { return add(BuiltinOperator_EXPAND_DIMS); }
  TfLiteStatus AddFullyConnected() { return add(BuiltinOperator_FULLY_CONNECTED); }
  TfLiteStatus AddGather() { return add(BuiltinOperator_GATHER); }
  TfLiteStatus AddGatherNd() { return add(BuiltinOperator_GATHER_ND); }
  TfLiteStatus AddGreater() { return add(BuiltinOperator_GREATER); }
  TfLiteStatus AddGreaterEqual() { return add(BuiltinOperator_GREATER_EQUAL); }
  TfLiteStatus AddHardSwish() { return add(BuiltinOperator_HARD_SWISH); }
  TfLiteStatus AddL2Normalization() { return add(BuiltinOperator_L2_NORMALIZATION); }
  TfLiteStatus AddLeakyRelu() { return add(BuiltinOperator_LEAKY_RELU); }
  TfLiteStatus AddLess() { return add(BuiltinOperator_LESS); }
  TfLiteStatus AddLessEqual() { return add(BuiltinOperator_LESS_EQUAL); }
  TfLiteStatus AddLog() { return add(BuiltinOperator_LOG); }
  TfLiteStatus AddLogSoftmax() { return add(BuiltinOperator_LOG_SOFTMAX); }
  TfLiteStatus AddLogicalAnd() { return add(BuiltinOperator_LOGICAL_AND); }
  TfLiteStatus AddLogicalNot() { return add(BuiltinOperator_LOGICAL_NOT); }
  TfLiteStatus AddLogicalOr() { return add(BuiltinOperator_LOGICAL_OR); }
  TfLiteStatus AddLogistic() { return add(BuiltinOperator_LOGISTIC); }
  TfLiteStatus AddMaxPool2D() { return add(BuiltinOperator_MAX_POOL_2D); }
  TfLiteStatus AddMaximum() { return add(BuiltinOperator_MAXIMUM); }
  TfLiteStatus AddMean() { return add(BuiltinOperator_MEAN); }
  TfLiteStatus AddMinimum() { return add(BuiltinOperator_MINIMUM); }
  TfLiteStatus AddMirrorPad() { return add(BuiltinOperator_MIRROR_PAD); }
  TfLiteStatus AddMul() { return add(BuiltinOperator_MUL); }
  TfLiteStatus AddNeg() { return add(BuiltinOperator_NEG); }
  TfLiteStatus AddNotEqual() { return add(BuiltinOperator_NOT_EQUAL); }
  TfLiteStatus AddPack() { return add(BuiltinOperator_PACK); }
  TfLiteStatus AddPad() { return add(BuiltinOperator_PAD); }
  TfLiteStatus AddPadV2() { return add(BuiltinOperator_PADV2); }
  TfLiteStatus AddPrelu() { return add(BuiltinOperator_PRELU); }
  TfLiteStatus AddQuantize() { return add(BuiltinOperator_QUANTIZE); }
  TfLiteStatus AddReduceMax() { return add(BuiltinOperator_REDUCE_MAX); }
  TfLiteStatus AddReduceMin() { return add(BuiltinOperator_REDUCE_MIN); }
  TfLiteStatus AddRelu() { return add(BuiltinOperator_RELU); }
  TfLiteStatus AddRelu6() { return add(BuiltinOperator_RELU6); }
  TfLiteStatus AddReshape() { return add(BuiltinOperator_RESHAPE); }
  TfLiteStatus AddResizeBilinear() { return add(BuiltinOperator_RESIZE_BILINEAR); }
  TfLiteStatus AddResizeNearestNeighbor() { return add(BuiltinOperator_RESIZE_NEAREST_NEIGHBOR); }
  TfLiteStatus AddRsqrt() { return add(BuiltinOperator_RSQRT); }
  TfLiteStatus AddSelectV2() { return add(BuiltinOperator_SELECT_V2); }
  TfLiteStatus AddShape() { return add(BuiltinOperator_SHAPE); }
  TfLiteStatus AddSlice() { return add(BuiltinOperator_SLICE); }
  TfLiteStatus AddSoftmax() { return add(BuiltinOperator_SOFTMAX); }
  TfLiteStatus AddSpaceToBatchNd() { return add(BuiltinOperator_SPACE_TO_BATCH_ND); }
  TfLiteStatus AddSpaceToDepth() { return add(BuiltinOperator_SPACE_TO_DEPTH); }
  TfLiteStatus AddSplit() { return add(BuiltinOperator_SPLIT); }
  TfLiteStatus AddSplitV() { return add(BuiltinOperator_SPLIT_V); }
  TfLiteStatus AddSqrt() { return add(BuiltinOperator_SQRT); }
  TfLiteStatus AddSquaredDifference() { return add(BuiltinOperator_SQUARED_DIFFERENCE); }
  TfLiteStatus AddSqueeze() { return add(BuiltinOperator_SQUEEZE); }
  TfLiteStatus AddStridedSlice() { return add(BuiltinOperator_STRIDED_SLICE); }
  TfLiteStatus AddSub() { return add(BuiltinOperator_SUB); }
  TfLiteStatus AddSum() { return add(BuiltinOperator_SUM); }
  TfLiteStatus AddTanh() { return add(BuiltinOperator_TANH); }
  TfLiteStatus AddTranspose() { return add(BuiltinOperator_TRANSPOSE); }
  TfLiteStatus AddTransposeConv() { return add(BuiltinOperator_TRANSPOSE_CONV); }
  TfLiteStatus AddUnpack() { return add(BuiltinOperator_UNPACK); }

 private:
  TfLiteStatus add(BuiltinOperator op) {
    if (count == tOpCount || FindOp(op) != nullptr) {
      MicroPrintf("no place for operator %d", (int)op);
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
