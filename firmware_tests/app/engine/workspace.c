#include "engine/workspace.h"

#include <stddef.h>

uint8_t *workspace_data(const struct workspace *workspace, const struct tensor *tensor, bool run) {
  if (tensor->constant != NULL) {
    /* Kernels only read constants: op_output refuses them. */
    return (uint8_t *)(uintptr_t)tensor->constant;
  }
  return run ? workspace->tensors + workspace->placements[tensor->index].offset : NULL;
}
