/* Every operator that the integer engine runs, one kernel a file or a family: a mendlite_kernel
 * each (op.h), which table.c lists by the operator's code. */
#ifndef MENDLITE_KERNELS_H
#define MENDLITE_KERNELS_H

#include "engine/op.h"

int mendlite_op_conv(struct mendlite_op *op);
int mendlite_op_depthwise(struct mendlite_op *op);
int mendlite_op_dense(struct mendlite_op *op);
int mendlite_op_transpose_conv(struct mendlite_op *op);

int mendlite_op_add(struct mendlite_op *op);
int mendlite_op_sub(struct mendlite_op *op);
int mendlite_op_mul(struct mendlite_op *op);

int mendlite_op_average_pool(struct mendlite_op *op);
int mendlite_op_max_pool(struct mendlite_op *op);
int mendlite_op_mean(struct mendlite_op *op);

int mendlite_op_softmax(struct mendlite_op *op);
int mendlite_op_logistic(struct mendlite_op *op);
int mendlite_op_tanh(struct mendlite_op *op);
int mendlite_op_relu(struct mendlite_op *op);
int mendlite_op_relu6(struct mendlite_op *op);
int mendlite_op_relu_n1_to_1(struct mendlite_op *op);

int mendlite_op_quantize(struct mendlite_op *op);
int mendlite_op_dequantize(struct mendlite_op *op);

int mendlite_op_reshape(struct mendlite_op *op);
int mendlite_op_squeeze(struct mendlite_op *op);
int mendlite_op_expand_dims(struct mendlite_op *op);
int mendlite_op_shape(struct mendlite_op *op);
int mendlite_op_pack(struct mendlite_op *op);
int mendlite_op_concatenation(struct mendlite_op *op);
int mendlite_op_strided_slice(struct mendlite_op *op);
int mendlite_op_pad(struct mendlite_op *op);
int mendlite_op_transpose(struct mendlite_op *op);

#endif
