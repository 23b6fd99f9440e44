/* The logistic function and tanh of 16 bits (gemmlowp's fixedpoint.h on int16), as LiteRT's LSTM
 * computes its gates. */
#ifndef MENDLITE_SHORT_CURVES_H
#define MENDLITE_SHORT_CURVES_H

#include <stdint.h>

/* 1 / (1 + e^-x) of an int16 in steps of 2^-12, in steps of 2^-15. */
int32_t mendlite_short_logistic(int32_t x);

/* tanh(x) of an int16 in steps of 2^(bits - 15), in steps of 2^-15; bits 0 ... 6. */
int32_t mendlite_short_tanh(int32_t x, int32_t bits);

#endif
