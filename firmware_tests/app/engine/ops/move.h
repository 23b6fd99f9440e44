/* What operators share that only move values, whatever their type. */
#ifndef MENDLITE_MOVE_H
#define MENDLITE_MOVE_H

#include "engine/op.h"
#include "engine/ops/strides.h"

struct mendlite_move {
  struct mendlite_operand input;
  struct mendlite_operand output;
};

/* Reads both and checks that they hold values of one type. */
int mendlite_move_read(const struct mendlite_op *op, struct mendlite_move *move);

/* Fills the output in its own order with the input's values that walk leads to. */
void mendlite_move_values(const struct mendlite_move *move, struct mendlite_walk *walk);

/* A constant int32 input with so many elements. */
int mendlite_constant_input(const struct mendlite_op *op, uint32_t n, uint32_t elements,
                            struct mendlite_operand *operand);

#endif
