/* Where each computed tensor lies in the arena; those that are never alive together share bytes. */
#ifndef MENDLITE_PLAN_H
#define MENDLITE_PLAN_H

#include <stdint.h>

/* A tensor's bytes and the operators between which they must be kept: from the one that writes it
 * (-1: an input) to the last that reads it (the number of operators: an output). */
struct mendlite_placement {
  /* Bytes from where the tensors begin, a multiple of MENDLITE_PLACEMENT_ALIGNMENT. */
  uint32_t offset;
  /* Bytes; 0 for a constant and for a tensor that nothing touches. */
  uint32_t size;
  /* Operators by their number, first <= last; both still count as alive. */
  int16_t first;
  int16_t last;
};

/* Bytes. */
enum { MENDLITE_PLACEMENT_ALIGNMENT = 8 };

/* Fills in the offsets of count placements, greedy by size: the largest tensors first, each at the
 * lowest offset that is free as long as it lives. Returns the bytes that all need together;
 * UINT32_MAX, for which no arena has room, where they are more than 32 bits hold. */
uint32_t mendlite_plan(struct mendlite_placement *placements, uint32_t count);

#endif
