"""SQUARED_DIFFERENCE and PRELU of TFLite in exact integers.

Sources: ``squared_difference.cc``, ``prelu.h`` and ``activations.cc`` (TFLite Micro:
``prelu_common.cc``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding, times_real, wrap_int32

Ints = NDArray[np.int64]

LEFT_SHIFT = 7
"""Bits of headroom: 255^2 times 2^14 stays in int32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSteps:
    """Scales and zero-points of two inputs and an output, and how the kernel rounds."""

    scales: tuple[float, float, float]
    zero_points: tuple[int, int, int]
    rounding: Rounding

    def scaled(self, values: Ints, real: float) -> Ints:
        """``values`` times a real multiplier."""
        return times_real(values, real, self.rounding)


def squared_output_multiplier(scales: tuple[float, float, float]) -> float:
    """The real multiplier of the squared difference; the last product is one of float32."""
    twice = 2.0 * max(scales[0], scales[1])
    last = np.float32(1 << 2 * LEFT_SHIFT) * np.float32(scales[2])
    return float(twice * twice / np.float64(last))


def squared_difference(pair: PairSteps, first: Ints, second: Ints) -> Ints:
    """Stored outputs before the clamp, of stored inputs that broadcast."""
    twice = 2.0 * max(pair.scales[0], pair.scales[1])
    a, b = (
        pair.scaled((x - pair.zero_points[i]) << LEFT_SHIFT, pair.scales[i] / twice)
        for i, x in enumerate((first, second))
    )
    squares = wrap_int32((a - b) ** 2)
    return pair.scaled(squares, squared_output_multiplier(pair.scales)) + pair.zero_points[2]


def prelu(pair: PairSteps, first: Ints, second: Ints, multipliers: tuple[float, float]) -> Ints:
    """Stored outputs before the clamp; ``multipliers`` s_x / s_y and s_x s_a / s_y."""
    x, alpha = first - pair.zero_points[0], second - pair.zero_points[1]
    kept, cut = pair.scaled(x, multipliers[0]), pair.scaled(x * alpha, multipliers[1])
    return np.where(x >= 0, kept, cut) + pair.zero_points[2]
