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
  RESIZE_BILINEAR = 15,
  RESHAPE = 17,
  SPACE_TO_DEPTH = 19,
  MUL = 21,
  GATHER = 23,
  REDUCER = 27,
  SUB = 28,
  SQUEEZE = 30,
  STRIDED_SLICE = 32,
  SPLIT = 35,
  TRANSPOSE_CONV = 49,
  PACK = 59,
  UNPACK = 64,
  RESIZE_NEAREST_NEIGHBOR = 74,
  MIRROR_PAD = 77,
  DEPTH_TO_SPACE = 94,
  CALL_ONCE = 103,
  VAR_HANDLE = 111,
  READ_VARIABLE = 112,
  ASSIGN_VARIABLE = 113
};

static const struct mendlite_builtin table[] = {
    {0, ADD, 2, 2, 1, mendlite_op_add},
    {1, POOL_2D, 1, 1, 1, mendlite_op_average_pool},
    {2, CONCATENATION, 1, MENDLITE_ANY_NUMBER, 1, mendlite_op_concatenation},
    {3, CONV_2D, 2, 3, 1, mendlite_op_conv},
    {4, DEPTHWISE_CONV_2D, 2, 3, 1, mendlite_op_depthwise},
    {5, DEPTH_TO_SPACE, 1, 1, 1, mendlite_op_depth_to_space},
    {6, NO_OPTIONS, 1, 1, 1, mendlite_op_dequantize},
    {MENDLITE_OPERATOR_FULLY_CONNECTED, FULLY_CONNECTED, 2, 3, 1, mendlite_op_dense},
    {14, NO_OPTIONS, 1, 1, 1, mendlite_op_logistic},
    {17, POOL_2D, 1, 1, 1, mendlite_op_max_pool},
    {18, MUL, 2, 2, 1, mendlite_op_mul},
    {19, NO_OPTIONS, 1, 1, 1, mendlite_op_relu},
    {20, NO_OPTIONS, 1, 1, 1, mendlite_op_relu_n1_to_1},
    {21, NO_OPTIONS, 1, 1, 1, mendlite_op_relu6},
    {22, RESHAPE, 1, 2, 1, mendlite_op_reshape},
    {23, RESIZE_BILINEAR, 2, 2, 1, mendlite_op_resize_bilinear},
    {25, SOFTMAX, 1, 1, 1, mendlite_op_softmax},
    {26, SPACE_TO_DEPTH, 1, 1, 1, mendlite_op_space_to_depth},
    {28, NO_OPTIONS, 1, 1, 1, mendlite_op_tanh},
    {34, NO_OPTIONS, 2, 3, 1, mendlite_op_pad},
    {36, GATHER, 2, 2, 1, mendlite_op_gather},
    {37, NO_OPTIONS, 3, 3, 1, mendlite_op_batch_to_space},
    {38, NO_OPTIONS, 3, 3, 1, mendlite_op_space_to_batch},
    {39, NO_OPTIONS, 2, 2, 1, mendlite_op_transpose},
    {40, REDUCER, 2, 2, 1, mendlite_op_mean},
    {41, SUB, 2, 2, 1, mendlite_op_sub},
    {43, SQUEEZE, 1, 1, 1, mendlite_op_squeeze},
    {45, STRIDED_SLICE, 4, 4, 1, mendlite_op_strided_slice},
    {49, SPLIT, 2, 2, MENDLITE_ANY_NUMBER, mendlite_op_split},
    {53, NO_OPTIONS, 1, 1, 1, mendlite_op_cast},
    {60, NO_OPTIONS, 3, 3, 1, mendlite_op_pad},
    {65, NO_OPTIONS, 3, 3, 1, mendlite_op_slice},
    {67, TRANSPOSE_CONV, 3, 4, 1, mendlite_op_transpose_conv},
    {69, NO_OPTIONS, 2, 2, 1, mendlite_op_tile},
    {70, NO_OPTIONS, 2, 2, 1, mendlite_op_expand_dims},
    {77, NO_OPTIONS, 1, 1, 1, mendlite_op_shape},
    {83, PACK, 1, MENDLITE_ANY_NUMBER, 1, mendlite_op_pack},
    {88, UNPACK, 1, 1, MENDLITE_ANY_NUMBER, mendlite_op_unpack},
    {97, RESIZE_NEAREST_NEIGHBOR, 2, 2, 1, mendlite_op_resize_nearest},
    {100, MIRROR_PAD, 2, 2, 1, mendlite_op_mirror_pad},
    {102, NO_OPTIONS, 3, 3, MENDLITE_ANY_NUMBER, mendlite_op_split_v},
    {105, NO_OPTIONS, 2, 2, 1, mendlite_op_reverse},
    {107, NO_OPTIONS, 2, 2, 1, mendlite_op_gather_nd},
    {114, NO_OPTIONS, 1, 1, 1, mendlite_op_quantize},
    {129, CALL_ONCE, 0, 0, 0, mendlite_op_call_once},
    {130, NO_OPTIONS, 2, 2, 1, mendlite_op_broadcast_to},
    {142, VAR_HANDLE, 0, 0, 1, mendlite_op_var_handle},
    {143, READ_VARIABLE, 1, 1, 1, mendlite_op_read_variable},
    {144, ASSIGN_VARIABLE, 2, 2, 0, mendlite_op_assign_variable},
};

const struct mendlite_builtin *mendlite_builtin_of(int32_t code) {
  for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].code == code) {
      return &table[i];
    }
  }
  return NULL;
}
