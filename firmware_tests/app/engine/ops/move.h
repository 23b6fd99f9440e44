/* What operators share that only move values, whatever their type. */
#ifndef MENDLITE_MOVE_H
#define MENDLITE_MOVE_H

#include "engine/op.h"
#include "engine/ops/strides.h"

struct move {
  struct operand input;
  struct operand output;
};

/* Reads both and checks that they hold values of one type. */
int move_read(const struct op *op, struct move *move);

/* Fills the output in its own order with the input's values that walk leads to. */
void move_values(const struct move *move, struct walk *walk);

/* A constant int32 input with so many elements. */
int constant_input(const struct op *op, uint32_t n, uint32_t elements, struct operand *operand);

#endif
