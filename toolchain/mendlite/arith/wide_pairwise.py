"""ADD, SUB and MUL of TFLite on int16, in exact integers.

Sources: ``AddElementwise`` (``reference/add.h``), ``SubElementwise`` (``reference/sub.h``) and
``MulElementwise`` (``integer_ops/mul.h``) with the preparations of ``add.cc``, ``sub.cc`` and
``mul.cc``. All zero-points are 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding, times_real, wrap_int32

Scales = tuple[float, float, float]
"""Those of first input, second input and output."""

Bounds = tuple[int, int]
"""The smallest and the largest output."""

Pairwise = Callable[[NDArray[np.int16], NDArray[np.int16]], NDArray[np.int16]]
"""Output of two arrays that broadcast."""

LEFT_SHIFT = 15
"""Bits of headroom of int16 inputs in ADD and SUB."""

WORDS: NDArray[np.int64] = np.arange(2**16, dtype=np.uint16).view(np.int16).astype(np.int64)
"""int16 values in the order of their bits: 0 ... 32767, -32768 ... -1."""


def make_sum(scales: Scales, bounds: Bounds, rounding: Rounding, sign: int) -> Pairwise:
    """The first input plus ``sign`` times the second, each brought to a common scale first."""
    twice = 2.0 * max(scales[0], scales[1])
    first, second = (
        times_real(WORDS << LEFT_SHIFT, scales[i] / twice, rounding).astype(np.int32)
        for i in range(2)
    )
    real = twice / ((1 << LEFT_SHIFT) * scales[2])

    def add(x: NDArray[np.int16], y: NDArray[np.int16]) -> NDArray[np.int16]:
        shares = first[x.view(np.uint16)], second[y.view(np.uint16)]
        total = wrap_int32(shares[0].astype(np.int64) + sign * shares[1].astype(np.int64))
        return np.clip(times_real(total, real, rounding), *bounds).astype(np.int16)

    return add


def make_product(
    scales: Scales, bounds: Bounds, rounding: Rounding, real: type[np.floating[Any]]
) -> Pairwise:
    """The product of both inputs, scaled once; ``real`` as in ``pairwise.make_multiplication``."""
    first, second, output = (real(scale) for scale in scales)
    factor = float(first * second / output)

    def multiply(x: NDArray[np.int16], y: NDArray[np.int16]) -> NDArray[np.int16]:
        total = x.astype(np.int64) * y.astype(np.int64)
        return np.clip(times_real(total, factor, rounding), *bounds).astype(np.int16)

    return multiply
