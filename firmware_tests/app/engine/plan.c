#include "engine/plan.h"

#include <stdbool.h>

enum { NOT_PLACED = UINT32_MAX };

static uint32_t rounded(uint32_t size) {
  return (size + PLACEMENT_ALIGNMENT - 1) & ~(uint32_t)(PLACEMENT_ALIGNMENT - 1);
}

static bool together(const struct placement *a, const struct placement *b) {
  return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset, from a given one up, that a placed neighbour still takes; itself if none. */
static uint32_t beyond_neighbours(const struct placement *all, uint32_t count,
                                  const struct placement *one, uint32_t offset) {
  for (uint32_t i = 0; i < count; i++) {
    const struct placement *other = &all[i];
    if (other == one || other->size == 0 || other->offset == NOT_PLACED ||
        !together(one, other)) {
      continue;
    }
    if (offset < other->offset + rounded(other->size) &&
        other->offset < offset + rounded(one->size)) {
      return other->offset + rounded(other->size);
    }
  }
  return offset;
}

static struct placement *largest_left(struct placement *all, uint32_t count) {
  struct placement *best = (struct placement *)0;
  for (uint32_t i = 0; i < count; i++) {
    if (all[i].offset == NOT_PLACED && (best == (struct placement *)0 || all[i].size > best->size)) {
      best = &all[i];
    }
  }
  return best;
}

uint32_t plan(struct placement *placements, uint32_t count) {
  uint32_t total = 0;
  struct placement *one;
  for (uint32_t i = 0; i < count; i++) {
    placements[i].offset = placements[i].size > 0 ? NOT_PLACED : 0;
  }
  while ((one = largest_left(placements, count)) != (struct placement *)0) {
    uint32_t offset = 0;
    uint32_t next;
    while ((next = beyond_neighbours(placements, count, one, offset)) != offset) {
      offset = next;
    }
    one->offset = offset;
    if (offset + rounded(one->size) > total) {
      total = offset + rounded(one->size);
    }
  }
  return total;
}
