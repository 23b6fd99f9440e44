#include "engine/ops/table.h"

#include <stddef.h>

#include "engine/ops/kernels.h"

/* BuiltinOptions. */
enum options {
  NO_OPTIONS = 0,
  CONV_2D = 1,
  DEPTHWISE_CONV_2D = 2,
  POOL_2D = 5,
  FULLY_CONNECTED = 8,
  SOFTMAX = 9,
  CONCATENATION = 10,
  ADD = 11,
  RESHAPE = 17,
  MUL = 21,
  REDUCER = 27,
  SUB = 28,
  SQUEEZE = 30,
  STRIDED_SLICE = 32,
  TRANSPOSE_CONV = 49,
  PACK = 59
};

static const struct builtin table[] = {
    {0, ADD, 2, 2, op_add},
    {1, POOL_2D, 1, 1, op_average_pool},
    {2, CONCATENATION, 1, ANY_NUMBER, op_concatenation},
    {3, CONV_2D, 2, 3, op_conv},
    {4, DEPTHWISE_CONV_2D, 2, 3, op_depthwise},
    {6, NO_OPTIONS, 1, 1, op_dequantize},
    {OPERATOR_FULLY_CONNECTED, FULLY_CONNECTED, 2, 3, op_dense},
    {14, NO_OPTIONS, 1, 1, op_logistic},
    {17, POOL_2D, 1, 1, op_max_pool},
    {18, MUL, 2, 2, op_mul},
    {19, NO_OPTIONS, 1, 1, op_relu},
    {20, NO_OPTIONS, 1, 1, op_relu_n1_to_1},
    {21, NO_OPTIONS, 1, 1, op_relu6},
    {22, RESHAPE, 1, 2, op_reshape},
    {25, SOFTMAX, 1, 1, op_softmax},
    {28, NO_OPTIONS, 1, 1, op_tanh},
    {34, NO_OPTIONS, 2, 3, op_pad},
    {39, NO_OPTIONS, 2, 2, op_transpose},
    {40, REDUCER, 2, 2, op_mean},
    {41, SUB, 2, 2, op_sub},
    {43, SQUEEZE, 1, 1, op_squeeze},
    {45, STRIDED_SLICE, 4, 4, op_strided_slice},
    {60, NO_OPTIONS, 3, 3, op_pad},
    {67, TRANSPOSE_CONV, 3, 4, op_transpose_conv},
    {70, NO_OPTIONS, 2, 2, op_expand_dims},
    {77, NO_OPTIONS, 1, 1, op_shape},
    {83, PACK, 1, ANY_NUMBER, op_pack},
    {114, NO_OPTIONS, 1, 1, op_quantize},
};

const struct builtin *builtin_of(int32_t code) {
  for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].code == code) {
      return &table[i];
    }
  }
  return NULL;
}
