/* Walking a tensor in another order than its own: a step in values for each axis. */
#ifndef MENDLITE_STRIDES_H
#define MENDLITE_STRIDES_H

#include "engine/model.h"

/* Steps, in values, of a tensor that lies in memory row by row: 1 for the last axis. */
void mendlite_contiguous(const struct mendlite_tensor *tensor, int32_t strides[MENDLITE_MAX_RANK]);

/* A position in a shape, and the place in values that its strides lead to. */
struct mendlite_walk {
  uint32_t rank;
  int32_t dims[MENDLITE_MAX_RANK];
  /* Values from one position to the next along an axis; any number. */
  int32_t strides[MENDLITE_MAX_RANK];
  /* The position: 0 ... dims - 1 along each axis. */
  int32_t index[MENDLITE_MAX_RANK];
  /* Where the walk began plus the sum of index * strides. */
  int32_t at;
};

/* Goes on to the next position, last axis first; behind the last position comes the first. */
void mendlite_walk_on(struct mendlite_walk *walk);

#endif
