/* How far sums of products of int8 values may come, before anything runs. */
#ifndef MENDLITE_REACH_H
#define MENDLITE_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/fixed_point.h"

/* The largest magnitude of a sum of products of int8 values, less a zero-point, and the width int8
 * weights of a row. */
int64_t mendlite_row_reach(const uint8_t *row, uint32_t width, int32_t zero_point);

/* Whether sums that reach so far stay within int32 when they are scaled. */
bool mendlite_stays_within_int32(int64_t reach, struct mendlite_multiplier by);

#endif
