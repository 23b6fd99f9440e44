/* gemmlowp's fixed-point exponential and reciprocals (fixedpoint.h).
 *
 * Qm.n is gemmlowp's FixedPoint<int32_t, m>: m integer bits, 31 - m fraction bits.
 */
#ifndef MENDLITE_EXPONENTIAL_H
#define MENDLITE_EXPONENTIAL_H

#include <stdint.h>

/* exp(a), in Q0.31, of a <= 0 with integer_bits integer bits, 0 ... 5. */
int32_t mendlite_exp_on_negative_values(int32_t a, int32_t integer_bits);

/* 1 / (1 + x) and (1 - x) / (1 + x) of x in [0, 1) in Q0.31, in Q0.31. */
int32_t mendlite_one_over_one_plus(int32_t x);
int32_t mendlite_one_minus_over_one_plus(int32_t x);

#endif
