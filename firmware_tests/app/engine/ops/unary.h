/* Operators from one int8 tensor to another of its shape. */
#ifndef MENDLITE_UNARY_H
#define MENDLITE_UNARY_H

#include "engine/op.h"

struct mendlite_unary {
  struct mendlite_operand input;
  struct mendlite_operand output;
};

/* Reads input and output 0. Unsupported: either is not int8. Malformed: either has not just one
 * scale, or their shapes differ. */
int mendlite_unary_read(const struct mendlite_op *op, struct mendlite_unary *unary);

#endif
