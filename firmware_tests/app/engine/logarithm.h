/* TFLite's fixed-point logarithm (log_x_for_x_greater_than_or_equal_to_1 of common.h). */
#ifndef MENDLITE_LOGARITHM_H
#define MENDLITE_LOGARITHM_H

#include <stdint.h>

/* Natural logarithm, in Q5.26, of a Q12.19 of at least 1. */
int32_t mendlite_log_of_sum(int32_t x);

#endif
