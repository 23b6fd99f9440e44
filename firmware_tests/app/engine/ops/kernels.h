/* Every operator that the integer engine runs, one kernel a file or a family. */
#ifndef MENDLITE_KERNELS_H
#define MENDLITE_KERNELS_H

#include "engine/op.h"

int op_conv(struct op *op);
int op_depthwise(struct op *op);
int op_dense(struct op *op);
int op_transpose_conv(struct op *op);

int op_add(struct op *op);
int op_sub(struct op *op);
int op_mul(struct op *op);

int op_average_pool(struct op *op);
int op_max_pool(struct op *op);
int op_mean(struct op *op);

int op_softmax(struct op *op);
int op_logistic(struct op *op);
int op_tanh(struct op *op);
int op_relu(struct op *op);
int op_relu6(struct op *op);
int op_relu_n1_to_1(struct op *op);

int op_quantize(struct op *op);
int op_dequantize(struct op *op);

int op_reshape(struct op *op);
int op_squeeze(struct op *op);
int op_expand_dims(struct op *op);
int op_shape(struct op *op);
int op_pack(struct op *op);
int op_concatenation(struct op *op);
int op_strided_slice(struct op *op);
int op_pad(struct op *op);
int op_transpose(struct op *op);

#endif
