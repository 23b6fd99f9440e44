/* Operators that take values of two tensors to one, which broadcast. */
#ifndef MENDLITE_PAIR_H
#define MENDLITE_PAIR_H

#include "engine/ops/strides.h"
#include "engine/ops/values.h"

struct mendlite_pair {
  struct mendlite_operand first;
  struct mendlite_operand second;
  struct mendlite_operand output;
};

/* Whether count inputs broadcast to the output's shape: along each axis, aligned at the last one,
 * extents are equal or 1, and the output's is the largest. */
bool mendlite_broadcasts(const struct mendlite_tensor *const inputs[], uint32_t count,
                         const struct mendlite_tensor *output);

/* A walk from the first value of an input that broadcasts along its output; a step of 0 along an
 * axis that the input lacks or has one value of. */
void mendlite_walk_along(const struct mendlite_tensor *input, const struct mendlite_tensor *output,
                         struct mendlite_walk *walk);

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
