"""int8 SOFTMAX of TFLite's reference kernel and of TFLite Micro, in exact integers.

Source: ``reference_ops::Softmax`` for integers (``internal/reference/softmax.h``) on gemmlowp's
fixed-point ``exp_on_negative_values`` and ``one_over_one_plus_x_for_x_in_0_1``. Qm.n below is
gemmlowp's FixedPoint<int32, m>: m integer bits, 31 - m fraction bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import exp_on_negative_values, one_over_one_plus
from mendlite.arith.fixed_point import (
    doubling_high_mul,
    quantize_multiplier,
    rounding_divide_by_pot,
)

DIFF_BITS = 5
SUM_BITS = 12


def _reciprocal(total: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``GetReciprocal`` of Q12.19: (1 / mantissa in Q0.31, bits over unit)."""
    # frexp's exponent of a positive integer is its bit length.
    headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
    shifted = (total << headroom) - (1 << 31)
    return one_over_one_plus(shifted), SUM_BITS - headroom


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
    scaled = doubling_high_mul(np.where(inside, diff, 0) << max(shift, 0), np.asarray(multiplier))
    return Softmax(
        exps=np.where(inside, exp_on_negative_values(scaled, DIFF_BITS), 0), diff_min=diff_min
    )
