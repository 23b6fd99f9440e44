/* Points between which int16 curves are straight lines, each moved by half of what the line to the
 * next is off in the middle. */
#ifndef MENDLITE_WIDE_TABLES_H
#define MENDLITE_WIDE_TABLES_H

#include <stdint.h>

enum { MENDLITE_LOGISTIC_POINTS = 256, MENDLITE_SOFTMAX_POINTS = 513 };

/* sigmoid_table_uint16 (integer_ops/logistic.h): 2^16 / (1 + exp(-i / 24)), the last 2^16 - 1. */
extern const uint16_t mendlite_logistic_points[MENDLITE_LOGISTIC_POINTS];

/* LUTPopulateInt16 (softmax.cc), as TFLite Micro computes them in float32: exp(x) from -10 to 0,
 * and 1 / (1 + x) from 0 to 1, in 2^-15. LiteRT computes in double and has another number in two of
 * the latter (wide_softmax.c). */
extern const int16_t mendlite_exp_points[MENDLITE_SOFTMAX_POINTS];
extern const int16_t mendlite_reciprocal_points[MENDLITE_SOFTMAX_POINTS];

#endif
