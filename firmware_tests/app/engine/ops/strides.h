/* Walking a tensor in another order than its own: a step in values for each axis. */
#ifndef MENDLITE_STRIDES_H
#define MENDLITE_STRIDES_H

#include "engine/model.h"

/* Steps of a contiguous tensor, last axis 1. */
void mendlite_contiguous(const struct mendlite_tensor *tensor, int32_t strides[MENDLITE_MAX_RANK]);

/* Position in a shape, and the place in values that its strides give it. */
struct mendlite_walk {
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK];
  int32_t strides[MENDLITE_MAX_RANK];
  int32_t index[MENDLITE_MAX_RANK];
  int32_t at;
};

/* Goes on to the next position, last axis first. */
void mendlite_walk_on(struct mendlite_walk *walk);

#endif
