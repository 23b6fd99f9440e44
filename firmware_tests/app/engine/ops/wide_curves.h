/* Operators of one int16 tensor, by the names of their 8-bit kernels. */
#ifndef MENDLITE_WIDE_CURVES_H
#define MENDLITE_WIDE_CURVES_H

#include "engine/op.h"

int mendlite_wide_logistic(struct mendlite_op *op);
int mendlite_wide_tanh(struct mendlite_op *op);
int mendlite_wide_softmax(struct mendlite_op *op, float beta);

#endif
