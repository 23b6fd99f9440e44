#include "engine/workspace.h"

#include <stddef.h>

uint8_t *mendlite_workspace_data(const struct mendlite_workspace *workspace,
                                 const struct mendlite_tensor *tensor, bool run) {
  if (tensor->constant != NULL) {
    /* Kernels only read constants: mendlite_op_output refuses them. */
    return (uint8_t *)(uintptr_t)tensor->constant;
  }
  return run ? workspace->tensors + workspace->placements[tensor->index].offset : NULL;
}
