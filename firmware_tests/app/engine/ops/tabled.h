/* 8-bit operators of one input whose outputs are made once for all 256 inputs. */
#ifndef MENDLITE_TABLED_H
#define MENDLITE_TABLED_H

#include "engine/ops/unary.h"

struct mendlite_curve {
  struct mendlite_unary unary;
  /* Of the input, and of what the operator has besides. */
  struct mendlite_multiplier by;
  struct mendlite_multiplier other_by;
  enum mendlite_rounding rounding;
  /* A number of the curve's own. */
  float parameter;
};

/* The output of a difference from the input's zero-point, before the output's own is added. Returns
 * 0, or MENDLITE_STATUS_UNSUPPORTED where it is not sure. */
typedef int mendlite_entry(const struct mendlite_curve *curve, int32_t x, int32_t *found);

/* Makes the table: of an operator that is only checked to see that each entry is sure, else to look
 * the outputs up. Errors as in op.h. */
int mendlite_curve_run(struct mendlite_op *op, const struct mendlite_curve *curve,
                       mendlite_entry *entry);

#endif
