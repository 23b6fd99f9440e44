"""ADD, SUB and MUL of TFLite on int8, in exact integers, as tables of all pairs of bytes.

Sources: ``reference_integer_ops::Add`` and ``Mul``, ``reference_ops::Sub``, and the preparations in
``add.cc``, ``sub.cc`` and ``mul.cc`` (TFLite Micro: ``add_common.cc`` and so on).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    quantize_multiplier,
    requantized,
    times_real,
    wrap_int32,
)

LEFT_SHIFT = 20
"""Bits of headroom of int8 inputs in ADD and SUB."""

BYTES: NDArray[np.int64] = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
"""int8 values in the order of their bytes: 0 ... 127, -128 ... -1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairwise:
    """A prepared operator: ``table`` int8[65536] holds its output for every pair of bytes."""

    table: NDArray[np.int8]

    def __call__(self, x: NDArray[np.int8], y: NDArray[np.int8]) -> NDArray[np.int8]:
        """Output of two int8 arrays that broadcast."""
        pair = x.view(np.uint8).astype(np.uint16) << np.uint16(8)
        return self.table.take(pair | y.view(np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the three operators are prepared from.

    ``scales`` and ``zero_points`` are those of first input, second input and output; ``low`` and
    ``high`` bound the output.
    """

    scales: tuple[float, float, float]
    zero_points: tuple[int, int, int]
    low: int
    high: int
    rounding: Rounding

    def centred(self, slot: int) -> NDArray[np.int64]:
        """Every byte of an input less its zero-point, i64[256]."""
        return BYTES - self.zero_points[slot]

    def scaled(self, values: NDArray[np.int64], real: float) -> NDArray[np.int64]:
        """``values`` times a real multiplier, rounded as these kernels round."""
        return times_real(values, real, self.rounding)

    def pairwise(self, total: NDArray[np.int64], real: float) -> Pairwise:
        """The operator whose accumulators i64[256, 256] are scaled by ``real``."""
        multiplier, shift = quantize_multiplier(real, self.rounding)
        flat = wrap_int32(total.reshape(-1))
        output = requantized(flat, (multiplier, shift), self.rounding, self.zero_points[2])
        table = np.clip(output, self.low, self.high).astype(np.int8)
        table.setflags(write=False)
        return Pairwise(table=table)


def make_addition(terms: Terms) -> Pairwise:
    """ADD: both inputs are brought to a common scale first."""
    return _make_sum(terms, 1)


def make_subtraction(terms: Terms) -> Pairwise:
    """SUB: ADD, with the second input's share taken away."""
    return _make_sum(terms, -1)


@lru_cache(maxsize=256)
def _make_sum(terms: Terms, sign: int) -> Pairwise:
    """The first input plus ``sign`` times the second; multipliers in double everywhere.

    Kept: files that a search tries differ in few of their scales, and a table takes a millisecond.
    """
    twice = 2.0 * max(terms.scales[0], terms.scales[1])
    first, second = (
        terms.scaled(terms.centred(i) << LEFT_SHIFT, terms.scales[i] / twice) for i in range(2)
    )
    total = first[:, None] + sign * second
    return terms.pairwise(total, twice / ((1 << LEFT_SHIFT) * terms.scales[2]))


def make_multiplication(terms: Terms, real: type[np.floating[Any]]) -> Pairwise:
    """MUL: the product of the centred inputs, scaled once.

    ``real`` is the type in which the kernel combines the file's float32 scales: float32 in
    ``mul.cc``, double in TFLite Micro's ``mul_common.cc``. The multipliers differ in their last
    bits, and so do outputs that lie near a tie.
    """
    first, second, output = (real(scale) for scale in terms.scales)
    total = terms.centred(0)[:, None] * terms.centred(1)
    return terms.pairwise(total, float(first * second / output))
