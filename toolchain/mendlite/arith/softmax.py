"""int8 SOFTMAX of TFLite's reference kernel and of TFLite Micro, in exact integers.

Source: ``reference_ops::Softmax`` for integers (``internal/reference/softmax.h``) on gemmlowp's
fixed-point ``exp_on_negative_values`` and ``one_over_one_plus_x_for_x_in_0_1``. Qm.n below is
gemmlowp's FixedPoint<int32, m>: m integer bits, 31 - m fraction bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    doubling_high_mul,
    quantize_multiplier,
    rounding_divide_by_pot,
)

DIFF_BITS = 5
SUM_BITS = 12
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


def exp_on_negative_values(a: NDArray[np.int64]) -> NDArray[np.int64]:
    """Exp of Q5.26 values <= 0, in Q0.31."""
    quarter = 1 << (31 - DIFF_BITS - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_small(_saturating_left(within, DIFF_BITS))
    remainder = within - a
    for power, factor in enumerate(_EXP_FACTORS):
        bit = (remainder >> (31 - DIFF_BITS - 2 + power)) & 1
        result = np.where(bit != 0, doubling_high_mul(result, _constant(factor)), result)
    return np.where(a == 0, INT32_MAX, result)


def _reciprocal(total: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``GetReciprocal`` of Q12.19: (1 / mantissa in Q0.31, bits over unit)."""
    # frexp's exponent of a positive integer is its bit length.
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
    shifted = (total << headroom) - (1 << 31)
    half = (shifted + INT32_MAX + 1) // 2
    x = 1515870810 + doubling_high_mul(half, _constant(-1010580540))
    for _ in range(3):
        left = (1 << 29) - doubling_high_mul(half, x)
        x = x + _saturating_left(doubling_high_mul(x, left), 2)
    return _saturating_left(x, 1), SUM_BITS - headroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax:
    """A prepared softmax: ``exps`` i64[256] by difference from the row's largest value."""

    exps: NDArray[np.int64]
    diff_min: int

    def __call__(self, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """Softmax over the last axis, scale 1/256 and zero-point -128."""
        values = x.astype(np.int64)
        below = values.max(axis=-1, keepdims=True) - values
        counted = -below >= self.diff_min
        exps = np.where(counted, self.exps[below], 0)
        total = rounding_divide_by_pot(exps, SUM_BITS).sum(axis=-1, keepdims=True)
        scale, over = _reciprocal(total)
        shares = rounding_divide_by_pot(doubling_high_mul(scale, exps), over + 31 - 8)
        return np.where(counted, np.clip(shares - 128, -128, 127), -128).astype(np.int8)


def make_softmax(scale: float, beta: float) -> Softmax:
    """Prepare the softmax of an int8 input of this scale (``PreprocessSoftmaxScaling``)."""
    real = min(beta * scale * (1 << (31 - DIFF_BITS)), 2.0**31 - 1.0)
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real))
    radius = ((1 << DIFF_BITS) - 1) * 2.0 ** (31 - DIFF_BITS) / 2.0**shift
    diff_min = -int(np.floor(radius))
    diff = -np.arange(256, dtype=np.int64)
    inside = diff >= diff_min
    scaled = doubling_high_mul(np.where(inside, diff, 0) << max(shift, 0), _constant(multiplier))
    return Softmax(exps=np.where(inside, exp_on_negative_values(scaled), 0), diff_min=diff_min)
