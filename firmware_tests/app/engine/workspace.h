/* What the integer engine's kernels work on, all of it in the caller's arena: tensors and scratch.
 */
#ifndef MENDLITE_WORKSPACE_H
#define MENDLITE_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/model.h"
#include "engine/plan.h"

struct mendlite_workspace {
  /* One for each tensor of the model. */
  struct mendlite_placement *placements;
  /* Where the placements' offsets count from; NULL until all operators are checked. */
  uint8_t *tensors;
  /* Bytes for the operator that wants most, aligned to 16; NULL as long. */
  uint8_t *scratch;
  uint32_t scratch_size;
};

/* Where a tensor's values lie: a constant's in the model's file, which may only be read, any
 * other's in the arena; NULL for the latter where the model is not run yet but checked. */
uint8_t *mendlite_workspace_data(const struct mendlite_workspace *workspace,
                                 const struct mendlite_tensor *tensor, bool run);

#endif
