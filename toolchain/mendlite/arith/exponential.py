"""gemmlowp's fixed-point exponential and reciprocal, in exact integers (``fixedpoint.h``).

Qm.n is gemmlowp's FixedPoint<int32, m>: m integer bits, 31 - m fraction bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    doubling_high_mul,
    rounding_divide_by_pot,
)

_EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2**e) in Q0.31 for e = -2 ... 4: the barrel shifter of exp_on_negative_values."""


def _saturating_left(x: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    saturated: NDArray[np.int64] = np.clip(x << bits, INT32_MIN, INT32_MAX)
    return saturated


def _constant(value: int) -> NDArray[np.int64]:
    return np.asarray(value, np.int64)


def _exp_small(a: NDArray[np.int64]) -> NDArray[np.int64]:
    """Exp of Q0.31 in [-1/4, 0): a Taylor polynomial around -1/8."""
    centre, third = _constant(1895147668), _constant(715827883)
    x = a + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3, x4 = doubling_high_mul(x2, x), doubling_high_mul(x2, x2)
    high = doubling_high_mul(rounding_divide_by_pot(x4, 2) + x3, third)
    return centre + doubling_high_mul(centre, x + rounding_divide_by_pot(high + x2, 1))


def exp_on_negative_values(a: NDArray[np.int64], integer_bits: int) -> NDArray[np.int64]:
    """Exp of values <= 0 with so many integer bits (at most 5), in Q0.31."""
    quarter = 1 << (31 - integer_bits - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_small(_saturating_left(within, integer_bits))
    remainder = within - a
    for power, factor in enumerate(_EXP_FACTORS[: integer_bits + 2]):
        bit = (remainder >> (31 - integer_bits - 2 + power)) & 1
        result = np.where(bit != 0, doubling_high_mul(result, _constant(factor)), result)
    return np.where(a == 0, INT32_MAX, result)


def _reciprocal_of_half(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """2 / (1 + x) of Q0.31 values in [0, 1), in Q2.29: three Newton steps."""
    half = (x + INT32_MAX + 1) // 2
    estimate = 1515870810 + doubling_high_mul(half, _constant(-1010580540))
    for _ in range(3):
        left = (1 << 29) - doubling_high_mul(half, estimate)
        estimate = estimate + _saturating_left(doubling_high_mul(estimate, left), 2)
    return estimate


def one_over_one_plus(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 / (1 + x) of Q0.31 values in [0, 1), in Q0.31."""
    # Q2.29 read as Q1.30 is half the value (``ExactMulByPot<-1>``).
    return _saturating_left(_reciprocal_of_half(x), 1)


def one_minus_over_one_plus(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """(1 - x) / (1 + x) of Q0.31 values in [0, 1), in Q0.31: 2 / (1 + x) - 1."""
    return _saturating_left(_reciprocal_of_half(x) - (1 << 29), 2)
