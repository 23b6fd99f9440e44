/* Operators of one int16 tensor, by the names of their 8-bit kernels. */
#ifndef MENDLITE_WIDE_CURVES_H
#define MENDLITE_WIDE_CURVES_H

#include "engine/op.h"

/* Both curves at an input in steps of 1 / (3 * 4096), in steps of 2^-15. */
int32_t mendlite_logistic_of_24ths(int32_t x);
int32_t mendlite_tanh_of_24ths(int32_t x);

int mendlite_wide_logistic(struct mendlite_op *op);
int mendlite_wide_tanh(struct mendlite_op *op);
int mendlite_wide_softmax(struct mendlite_op *op, float beta);

#endif
