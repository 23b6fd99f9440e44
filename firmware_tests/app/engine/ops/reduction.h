/* Operators that bring values along any axes together. */
#ifndef MENDLITE_REDUCTION_H
#define MENDLITE_REDUCTION_H

#include "engine/ops/strides.h"
#include "engine/ops/values.h"

struct mendlite_reduction {
  struct mendlite_operand input;
  struct mendlite_operand output;
  /* Values that each output value is made of. */
  uint32_t count;
  /* Walks the input in its own order and leads to the output; a reduced axis does not move it. */
  struct mendlite_walk walk;
};

/* Reads input 0, the axes (input 1) and output 0, uint8 as int8, and checks types and shapes.
 * Unsupported: the axes are no int32 constant, or the output's type is not the input's. Malformed:
 * an axis is none of its, or the output has another shape. */
int mendlite_reduction_read(const struct mendlite_op *op, struct mendlite_reduction *reduction);

/* SUM of int8 or int16 that was read, as TFLite Micro has it. Unsupported: another type, another
 * profile's sums, or one that may leave int32. Malformed: an end is not quantized. */
int mendlite_scaled_sum(struct mendlite_op *op, struct mendlite_reduction *sum);

#endif
