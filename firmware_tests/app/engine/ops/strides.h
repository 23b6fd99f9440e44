/* Walking a tensor in another order than its own: a step in values for each axis. */
#ifndef MENDLITE_STRIDES_H
#define MENDLITE_STRIDES_H

#include "engine/model.h"

/* Steps of a contiguous tensor, last axis 1. */
void contiguous(const struct tensor *tensor, int32_t strides[MAX_RANK]);

/* Position in a shape, and the place in values that its strides give it. */
struct walk {
  uint32_t rank;
  int32_t dims[MAX_RANK];
  int32_t strides[MAX_RANK];
  int32_t index[MAX_RANK];
  int32_t at;
};

/* Goes on to the next position, last axis first. */
void walk_on(struct walk *walk);

#endif
