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

static const struct mendlite_builtin table[] = {
    {0, ADD, 2, 2, mendlite_op_add},
    {1, POOL_2D, 1, 1, mendlite_op_average_pool},
    {2, CONCATENATION, 1, MENDLITE_ANY_NUMBER, mendlite_op_concatenation},
    {3, CONV_2D, 2, 3, mendlite_op_conv},
    {4, DEPTHWISE_CONV_2D, 2, 3, mendlite_op_depthwise},
    {6, NO_OPTIONS, 1, 1, mendlite_op_dequantize},
    {MENDLITE_OPERATOR_FULLY_CONNECTED, FULLY_CONNECTED, 2, 3, mendlite_op_dense},
    {14, NO_OPTIONS, 1, 1, mendlite_op_logistic},
    {17, POOL_2D, 1, 1, mendlite_op_max_pool},
    {18, MUL, 2, 2, mendlite_op_mul},
    {19, NO_OPTIONS, 1, 1, mendlite_op_relu},
    {20, NO_OPTIONS, 1, 1, mendlite_op_relu_n1_to_1},
    {21, NO_OPTIONS, 1, 1, mendlite_op_relu6},
    {22, RESHAPE, 1, 2, mendlite_op_reshape},
    {25, SOFTMAX, 1, 1, mendlite_op_softmax},
    {28, NO_OPTIONS, 1, 1, mendlite_op_tanh},
    {34, NO_OPTIONS, 2, 3, mendlite_op_pad},
    {39, NO_OPTIONS, 2, 2, mendlite_op_transpose},
    {40, REDUCER, 2, 2, mendlite_op_mean},
    {41, SUB, 2, 2, mendlite_op_sub},
    {43, SQUEEZE, 1, 1, mendlite_op_squeeze},
    {45, STRIDED_SLICE, 4, 4, mendlite_op_strided_slice},
    {60, NO_OPTIONS, 3, 3, mendlite_op_pad},
    {67, TRANSPOSE_CONV, 3, 4, mendlite_op_transpose_conv},
    {70, NO_OPTIONS, 2, 2, mendlite_op_expand_dims},
    {77, NO_OPTIONS, 1, 1, mendlite_op_shape},
    {83, PACK, 1, MENDLITE_ANY_NUMBER, mendlite_op_pack},
    {114, NO_OPTIONS, 1, 1, mendlite_op_quantize},
};

const struct mendlite_builtin *mendlite_builtin_of(int32_t code) {
  for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].code == code) {
      return &table[i];
    }
  }
  return NULL;
}
