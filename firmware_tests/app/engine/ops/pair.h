/* Operators that take values of two tensors to one, which broadcast. */
#ifndef MENDLITE_PAIR_H
#define MENDLITE_PAIR_H

#include "engine/ops/values.h"

struct mendlite_pair {
  struct mendlite_operand first;
  struct mendlite_operand second;
  struct mendlite_operand output;
};

/* Reads inputs 0 and 1 and output 0, uint8 as int8. Unsupported: their types differ. Malformed: the
 * inputs do not broadcast to the output's shape (extents aligned at the last axis are equal, or one
 * of them is 1). */
int mendlite_pair_read(const struct mendlite_op *op, struct mendlite_pair *pair);

/* Whether all three have one scale and at most one zero-point. */
bool mendlite_pair_quantized(const struct mendlite_op *op, const struct mendlite_pair *pair);

/* An output value of stored input values, within the output's type. */
typedef int32_t mendlite_combine(const void *context, int32_t first, int32_t second);

/* Fills the output. */
void mendlite_pair_run(const struct mendlite_pair *pair, mendlite_combine *combine,
                       const void *context);

#endif
