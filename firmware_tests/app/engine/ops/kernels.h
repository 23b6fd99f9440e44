/* Every operator that the integer engine runs, one kernel a file or a family: a mendlite_kernel
 * each (op.h), which table.c lists by the operator's code. */
#ifndef MENDLITE_KERNELS_H
#define MENDLITE_KERNELS_H

#include "engine/op.h"

int mendlite_op_conv(struct mendlite_op *op);
int mendlite_op_depthwise(struct mendlite_op *op);
int mendlite_op_dense(struct mendlite_op *op);
int mendlite_op_transpose_conv(struct mendlite_op *op);

int mendlite_op_lstm(struct mendlite_op *op);
int mendlite_op_svdf(struct mendlite_op *op);

int mendlite_op_add(struct mendlite_op *op);
int mendlite_op_sub(struct mendlite_op *op);
int mendlite_op_mul(struct mendlite_op *op);

int mendlite_op_minimum(struct mendlite_op *op);
int mendlite_op_maximum(struct mendlite_op *op);
int mendlite_op_squared_difference(struct mendlite_op *op);
int mendlite_op_prelu(struct mendlite_op *op);
int mendlite_op_div(struct mendlite_op *op);
int mendlite_op_batch_matmul(struct mendlite_op *op);

int mendlite_op_less(struct mendlite_op *op);
int mendlite_op_less_equal(struct mendlite_op *op);
int mendlite_op_greater(struct mendlite_op *op);
int mendlite_op_greater_equal(struct mendlite_op *op);
int mendlite_op_equal(struct mendlite_op *op);
int mendlite_op_not_equal(struct mendlite_op *op);
int mendlite_op_logical_and(struct mendlite_op *op);
int mendlite_op_logical_or(struct mendlite_op *op);
int mendlite_op_logical_not(struct mendlite_op *op);
int mendlite_op_select(struct mendlite_op *op);
int mendlite_op_select_v2(struct mendlite_op *op);
int mendlite_op_neg(struct mendlite_op *op);

int mendlite_op_average_pool(struct mendlite_op *op);
int mendlite_op_max_pool(struct mendlite_op *op);
int mendlite_op_mean(struct mendlite_op *op);
int mendlite_op_reduce_max(struct mendlite_op *op);
int mendlite_op_reduce_min(struct mendlite_op *op);
int mendlite_op_sum(struct mendlite_op *op);
int mendlite_op_arg_max(struct mendlite_op *op);
int mendlite_op_cumsum(struct mendlite_op *op);
int mendlite_op_l2_normalization(struct mendlite_op *op);

int mendlite_op_softmax(struct mendlite_op *op);
int mendlite_op_log_softmax(struct mendlite_op *op);
int mendlite_op_logistic(struct mendlite_op *op);
int mendlite_op_tanh(struct mendlite_op *op);
int mendlite_op_relu(struct mendlite_op *op);
int mendlite_op_relu6(struct mendlite_op *op);
int mendlite_op_relu_n1_to_1(struct mendlite_op *op);

int mendlite_op_leaky_relu(struct mendlite_op *op);
int mendlite_op_hard_swish(struct mendlite_op *op);
int mendlite_op_elu(struct mendlite_op *op);
int mendlite_op_gelu(struct mendlite_op *op);
int mendlite_op_exp(struct mendlite_op *op);
int mendlite_op_log(struct mendlite_op *op);
int mendlite_op_sqrt(struct mendlite_op *op);
int mendlite_op_rsqrt(struct mendlite_op *op);

int mendlite_op_quantize(struct mendlite_op *op);
int mendlite_op_dequantize(struct mendlite_op *op);

int mendlite_op_split(struct mendlite_op *op);
int mendlite_op_split_v(struct mendlite_op *op);
int mendlite_op_unpack(struct mendlite_op *op);
int mendlite_op_slice(struct mendlite_op *op);
int mendlite_op_reverse(struct mendlite_op *op);
int mendlite_op_tile(struct mendlite_op *op);
int mendlite_op_broadcast_to(struct mendlite_op *op);
int mendlite_op_gather(struct mendlite_op *op);
int mendlite_op_gather_nd(struct mendlite_op *op);
int mendlite_op_space_to_depth(struct mendlite_op *op);
int mendlite_op_depth_to_space(struct mendlite_op *op);
int mendlite_op_space_to_batch(struct mendlite_op *op);
int mendlite_op_batch_to_space(struct mendlite_op *op);
int mendlite_op_mirror_pad(struct mendlite_op *op);
int mendlite_op_resize_nearest(struct mendlite_op *op);
int mendlite_op_resize_bilinear(struct mendlite_op *op);
int mendlite_op_cast(struct mendlite_op *op);

int mendlite_op_call_once(struct mendlite_op *op);
int mendlite_op_var_handle(struct mendlite_op *op);
int mendlite_op_read_variable(struct mendlite_op *op);
int mendlite_op_assign_variable(struct mendlite_op *op);

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
