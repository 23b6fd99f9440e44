"""TFLite's fixed-point logarithm (``log_x_for_x_greater_than_or_equal_to_1`` of ``common.h``).

A value is written as a power of two, less a quarter or three quarters, times a mantissa near
2**-0.25, whose logarithm is a quotient of polynomials.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import one_over_one_plus
from mendlite.arith.fixed_point import (
    doubling_high_mul,
    rounding_divide_by_pot,
    saturate_int32,
)

Integers = NDArray[np.int64]

LOG_2, FOURTH_ROOT, ROOT = 1488522236, 1805811301, 1518500250
"""log(2), 2**-0.25 and 2**-0.5 in Q0.31."""

ALPHA_N, ALPHA_D, ALPHA_I, ALPHA_F = 117049297, 127690142, 1057819769, 638450708
"""Coefficients of the quotient, in Q0.31."""


def leading_zeros(x: Integers) -> Integers:
    """Of the 32 bits of positive integers."""
    # frexp's exponent of a positive integer is its bit length.
    return 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)


def _times(x: Integers, factor: Integers | int) -> Integers:
    return doubling_high_mul(x, np.asarray(factor, np.int64))


def _logarithm_of_mantissa(r: Integers) -> tuple[Integers, Integers]:
    """(numerator, 1 / denominator) in Q0.31 of the logarithm of mantissas in Q0.31."""
    # RoundingHalfSum of two positive numbers.
    p = (r + FOURTH_ROOT + 1) // 2
    q = 2 * (r - FOURTH_ROOT)
    square = _times(q, q)
    numerator = _times(q, r) + _times(_times(q, square), ALPHA_N)
    bracket = ALPHA_I + q + _times(square, ALPHA_D)
    return numerator, one_over_one_plus(_times(p, bracket) + _times(q, ALPHA_F))


def logarithm(x: Integers, input_bits: int, output_bits: int) -> Integers:
    """Log of values of at least 1 with so many integer bits, with ``output_bits`` integer bits."""
    inner = output_bits + 1
    quarter = rounding_divide_by_pot(np.asarray(1 << 29, np.int64), inner)
    zeros = leading_zeros(x)
    first = saturate_int32(_times(x << (zeros - 1), ROOT) << 1)
    power = saturate_int32(((input_bits - zeros) << (31 - inner)) + quarter)
    headroom = leading_zeros(_times(x, ROOT)) - 1
    second = saturate_int32(x << headroom)
    other = saturate_int32(((input_bits - headroom) << (31 - inner)) - quarter)
    numerator, reciprocal = _logarithm_of_mantissa(np.minimum(first, second))
    scaled = rounding_divide_by_pot(numerator, inner)
    total = _times(np.maximum(power, other), LOG_2) + _times(scaled, reciprocal)
    return saturate_int32(total << 1)
