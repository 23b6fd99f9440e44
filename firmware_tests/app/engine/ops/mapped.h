/* Operators that fill their output with input values, by a rule for each axis of its own. */
#ifndef MENDLITE_MAPPED_H
#define MENDLITE_MAPPED_H

#include "engine/ops/lists.h"
#include "engine/ops/move.h"

/* What such an operator is read from. */
struct mendlite_mapped {
  struct mendlite_move move;
  /* Numbers of each axis: begins, paddings, copies. */
  struct mendlite_operand numbers;
  /* Any other of the operator. */
  int32_t option;
};

/* The input's position along axis, 0 ... its extent - 1, where the output has position at. Axes are
 * the input's, which is aligned with the output at the last one. */
typedef int32_t mendlite_position(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at);

/* Fills the output. Its rank must not be below the input's; along axes that the input has not, it
 * repeats. */
void mendlite_mapped_copy(const struct mendlite_mapped *mapped, mendlite_position *position);

#endif
