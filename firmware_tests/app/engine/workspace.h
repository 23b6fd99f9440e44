/* Where the integer engine's kernels compute, inside the caller's arena: tensors and scratch. */
#ifndef MENDLITE_WORKSPACE_H
#define MENDLITE_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/model.h"
#include "engine/plan.h"

struct mendlite_workspace {
  /* One for each tensor of the model. */
  struct mendlite_placement *placements;
  /* Where the placements' offsets count from, aligned to 16; NULL until all operators are checked.
   */
  uint8_t *tensors;
  /* Bytes for the operator that needs most, aligned to 16; NULL until all operators are checked. */
  uint8_t *scratch;
  uint32_t scratch_size;
};

/* Where a tensor's values lie: a constant's in the model's file, which may only be read, any
 * other's in the arena. NULL for the latter where run is false: while the model is only checked. */
uint8_t *mendlite_workspace_data(const struct mendlite_workspace *workspace,
                                 const struct mendlite_tensor *tensor, bool run);

#endif
