/* BuiltinOperator codes of the schema and their kernels. */
#include "engine/integer_engine.h"
#include "engine/ops/kernels.h"

struct entry {
  int32_t code;
  kernel *run;
};

static const struct entry table[] = {
    {0, op_add},           /* ADD */
    {1, op_average_pool},  /* AVERAGE_POOL_2D */
    {2, op_concatenation}, /* CONCATENATION */
    {3, op_conv},          /* CONV_2D */
    {4, op_depthwise},     /* DEPTHWISE_CONV_2D */
    {6, op_dequantize},    /* DEQUANTIZE */
    {OPERATOR_FULLY_CONNECTED, op_dense},
    {14, op_logistic},       /* LOGISTIC */
    {17, op_max_pool},       /* MAX_POOL_2D */
    {18, op_mul},            /* MUL */
    {19, op_relu},           /* RELU */
    {20, op_relu_n1_to_1},   /* RELU_N1_TO_1 */
    {21, op_relu6},          /* RELU6 */
    {22, op_reshape},        /* RESHAPE */
    {25, op_softmax},        /* SOFTMAX */
    {28, op_tanh},           /* TANH */
    {34, op_pad},            /* PAD */
    {39, op_transpose},      /* TRANSPOSE */
    {40, op_mean},           /* MEAN */
    {41, op_sub},            /* SUB */
    {43, op_reshape},        /* SQUEEZE */
    {45, op_strided_slice},  /* STRIDED_SLICE */
    {60, op_pad},            /* PADV2 */
    {67, op_transpose_conv}, /* TRANSPOSE_CONV */
    {70, op_reshape},        /* EXPAND_DIMS */
    {77, op_shape},          /* SHAPE */
    {83, op_pack},           /* PACK */
    {114, op_quantize},      /* QUANTIZE */
};

kernel *kernel_of(int32_t code) {
  for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (table[i].code == code) {
      return table[i].run;
    }
  }
  return NULL;
}
