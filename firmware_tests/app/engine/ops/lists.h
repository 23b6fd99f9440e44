/* Lists of extents and positions that an operator reads from a constant. */
#ifndef MENDLITE_LISTS_H
#define MENDLITE_LISTS_H

#include "engine/op.h"

/* Reads input n, a constant of int32 or int64. Unsupported: it is none. */
int mendlite_list_read(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *list);

/* Element n, from 0, which the list must have; one that leaves int32 becomes its nearer end. */
int32_t mendlite_list_at(const struct mendlite_operand *list, uint32_t n);

/* Reads the axis, 0 ... rank - 1, that such a list of one element states, from the end where it is
 * negative. Malformed: the list is longer, or the axis is none of the rank axes. */
int mendlite_list_axis(const struct mendlite_op *op, uint32_t n, uint32_t rank, int32_t *axis);

/* Values in front of an axis, and behind it. */
uint32_t mendlite_before_axis(const struct mendlite_tensor *tensor, int32_t axis);
uint32_t mendlite_behind_axis(const struct mendlite_tensor *tensor, int32_t axis);

#endif
