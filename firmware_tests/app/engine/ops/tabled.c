#include "engine/ops/tabled.h"

int mendlite_curve_run(struct mendlite_op *op, const struct mendlite_curve *curve,
                       mendlite_entry *entry) {
  const struct mendlite_unary *unary = &curve->unary;
  int8_t *table = mendlite_op_scratch(op, MENDLITE_LOOKUP_SIZE);
  for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
    int32_t found;
    int status = entry(curve, value - unary->input.tensor.zero_point, &found);
    if (status < 0) {
      return status;
    }
    if (op->run) {
      int64_t moved = (int64_t)found + unary->output.tensor.zero_point;
      table[value - INT8_MIN] = (int8_t)(moved < INT8_MIN   ? INT8_MIN
                                         : moved > INT8_MAX ? INT8_MAX
                                                            : moved);
    }
  }
  if (op->run) {
    mendlite_look_up(unary, table);
  }
  return MENDLITE_STATUS_OK;
}
