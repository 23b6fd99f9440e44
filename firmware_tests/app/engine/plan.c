#include "engine/plan.h"

#include <stdbool.h>

/* No placement ends beyond this: it is rounded, and a room for it would not fit either. */
#define NOT_PLACED UINT32_MAX

static uint32_t rounded(uint32_t size) {
  return (size + MENDLITE_PLACEMENT_ALIGNMENT - 1) & ~(uint32_t)(MENDLITE_PLACEMENT_ALIGNMENT - 1);
}

static bool together(const struct mendlite_placement *a, const struct mendlite_placement *b) {
  return a->first <= b->last && b->first <= a->last;
}

/* Where a placed neighbour ends that takes bytes from a given offset on; the offset if none does.
 * Sums of two sizes need 64 bits. */
static uint64_t beyond_neighbours(const struct mendlite_placement *all, uint32_t count,
                                  const struct mendlite_placement *one, uint64_t offset) {
  for (uint32_t i = 0; i < count; i++) {
    const struct mendlite_placement *other = &all[i];
    if (other == one || other->size == 0 || other->offset == NOT_PLACED || !together(one, other)) {
      continue;
    }
    uint64_t end = (uint64_t)other->offset + rounded(other->size);
    if (offset < end && other->offset < offset + rounded(one->size)) {
      return end;
    }
  }
  return offset;
}

static struct mendlite_placement *largest_left(struct mendlite_placement *all, uint32_t count) {
  struct mendlite_placement *best = (struct mendlite_placement *)0;
  for (uint32_t i = 0; i < count; i++) {
    if (all[i].offset == NOT_PLACED &&
        (best == (struct mendlite_placement *)0 || all[i].size > best->size)) {
      best = &all[i];
    }
  }
  return best;
}

uint32_t mendlite_plan(struct mendlite_placement *placements, uint32_t count) {
  uint32_t total = 0;
  struct mendlite_placement *one;
  for (uint32_t i = 0; i < count; i++) {
    placements[i].offset = placements[i].size > 0 ? NOT_PLACED : 0;
  }
  while ((one = largest_left(placements, count)) != (struct mendlite_placement *)0) {
    uint64_t offset = 0;
    uint64_t next;
    while ((next = beyond_neighbours(placements, count, one, offset)) != offset) {
      offset = next;
    }
    uint64_t end = offset + rounded(one->size);
    if (end >= NOT_PLACED) {
      return UINT32_MAX;
    }
    one->offset = (uint32_t)offset;
    if (end > total) {
      total = (uint32_t)end;
    }
  }
  return total;
}
