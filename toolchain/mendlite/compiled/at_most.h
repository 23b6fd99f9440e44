/* The larger and the smaller of two integers. */
#ifndef MENDLITE_AT_MOST_H
#define MENDLITE_AT_MOST_H

#include <stdint.h>

static inline int64_t at_least(int64_t value, int64_t least) {
  return value < least ? least : value;
}

static inline int64_t at_most(int64_t value, int64_t most) { return value > most ? most : value; }

#endif
