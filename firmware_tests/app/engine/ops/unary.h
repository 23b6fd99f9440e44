/* Operators from one int8 tensor to another of its shape. */
#ifndef MENDLITE_UNARY_H
#define MENDLITE_UNARY_H

#include "engine/op.h"

struct unary {
  struct operand input;
  struct operand output;
};

/* Reads and checks both: int8, one scale each, the same shape. */
int unary_read(const struct op *op, struct unary *unary);

#endif
