#include "engine/ops/strides.h"

void mendlite_contiguous(const struct mendlite_tensor *tensor, int32_t strides[MENDLITE_MAX_RANK]) {
  int32_t step = 1;
  for (uint32_t i = tensor->rank; i-- > 0;) {
    strides[i] = step;
    step *= tensor->dims[i];
  }
}

void mendlite_walk_on(struct mendlite_walk *walk) {
  for (uint32_t i = walk->rank; i-- > 0;) {
    walk->at += walk->strides[i];
    if (++walk->index[i] < walk->dims[i]) {
      return;
    }
    walk->at -= walk->dims[i] * walk->strides[i];
    walk->index[i] = 0;
  }
}
