/* What operators share that only move values, whatever their type. */
#ifndef MENDLITE_MOVE_H
#define MENDLITE_MOVE_H

#include "engine/op.h"
#include "engine/ops/strides.h"

struct mendlite_move {
  struct mendlite_operand input;
  struct mendlite_operand output;
};

/* Reads input and output 0. Unsupported: they have different types. */
int mendlite_move_read(const struct mendlite_op *op, struct mendlite_move *move);

/* Fills the output in its own order with the input's values that walk leads to; walk must have as
 * many positions as the output has values, and each within the input. */
void mendlite_move_values(const struct mendlite_move *move, struct mendlite_walk *walk);

/* Reads input n, a constant of so many int32. Unsupported: it is no int32 constant. Malformed: it
 * has another number of elements. */
int mendlite_constant_input(const struct mendlite_op *op, uint32_t n, uint32_t elements,
                            struct mendlite_operand *operand);

#endif
