/* 1 / sqrt(x) of whole numbers in fixed point (GetInvSqrtQuantizedMultiplierExp). */
#ifndef MENDLITE_INVERSE_ROOT_H
#define MENDLITE_INVERSE_ROOT_H

#include "engine/fixed_point.h"

/* The multiplier nearest to 1 / sqrt(x); of 0 and 1 the largest below 1. x: 0 ... 2^31 - 1. Its
 * shift is -12 ... 0. */
struct mendlite_multiplier mendlite_inverse_root(int32_t x);

#endif
