/* TFLite's fixed-point multiplication (quantization_util.cc, common.h, gemmlowp's fixedpoint.h).
 */
#ifndef MENDLITE_FIXED_POINT_H
#define MENDLITE_FIXED_POINT_H

#include <stdint.h>

#include "engine/multiplier.h"

/* QuantizeMultiplier of a real multiplier above zero. One that is too small becomes 0; for
 * MENDLITE_ROUND_SINGLE one that is too large becomes the largest. */
struct mendlite_multiplier mendlite_quantize_multiplier(double real,
                                                        enum mendlite_rounding rounding);

/* MultiplyByQuantizedMultiplier: x * by, rounded. Where that leaves int32 it is some value, without
 * undefined behaviour. */
int32_t mendlite_multiply(int32_t x, struct mendlite_multiplier by,
                          enum mendlite_rounding rounding);

/* zero_point + MultiplyByQuantizedMultiplier, modulo 2^32: sound models stay within int32. */
int32_t mendlite_requantize(int32_t x, struct mendlite_multiplier by,
                            enum mendlite_rounding rounding, int32_t zero_point);

/* SaturatingRoundingDoublingHighMul: a * b / 2^31, rounded half up; 2^31 - 1 for -2^31 squared. */
int32_t mendlite_doubling_high_mul(int32_t a, int32_t b);

/* RoundingDivideByPOT: x / 2^exponent, rounded half away from zero; exponent 0 ... 31. */
int32_t mendlite_rounding_divide_by_pot(int32_t x, int32_t exponent);

/* Zeros before the highest bit of x; 32 of 0. */
int32_t mendlite_leading_zeros(uint32_t x);

/* The nearest to x of low ... high; low <= high. */
int32_t mendlite_clamp(int32_t x, int32_t low, int32_t high);

/* round(x), half away from zero, of |x| < 2^30; beyond it the nearer end of that range, -2^30 for a
 * NaN. */
int32_t mendlite_round_half_away(float x);

#endif
