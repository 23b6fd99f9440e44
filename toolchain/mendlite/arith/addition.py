"""ADD of TFLite in exact integers (``reference_integer_ops::Add``, ``add.cc`` Prepare)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

LEFT_SHIFT = 20
"""Bits of headroom that the kernel gives int8 inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A prepared int8 ADD: ``table`` int8[65536] holds the sum of every pair of bytes."""

    table: NDArray[np.int8]

    def __call__(self, x: NDArray[np.int8], y: NDArray[np.int8]) -> NDArray[np.int8]:
        """Sum of two int8 arrays that broadcast."""
        pair = x.view(np.uint8).astype(np.uint16)
        pair <<= 8
        return self.table.take(pair | y.view(np.uint8))


def make_addition(
    *,
    scales: tuple[float, float, float],
    zero_points: tuple[int, int, int],
    low: int,
    high: int,
    rounding: Rounding,
) -> Addition:
    """Prepare ADD for (first, second, output) scales and zero-points."""
    twice = 2.0 * max(scales[0], scales[1])
    first, second = (_rescaled(scales[i] / twice, zero_points[i], rounding) for i in range(2))
    multiplier, shift = quantize_multiplier(twice / ((1 << LEFT_SHIFT) * scales[2]), rounding)
    total = (first[:, None] + second).reshape(-1)
    scaled = multiply_by_quantized_multiplier(total, multiplier, shift, rounding)
    table = np.clip(scaled + zero_points[2], low, high).astype(np.int8)
    return Addition(table=table)


def _rescaled(real: float, zero_point: int, rounding: Rounding) -> NDArray[np.int64]:
    """Each byte's value, shifted left and scaled, i64[256]."""
    multiplier, shift = quantize_multiplier(real, rounding)
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64) - zero_point
    return multiply_by_quantized_multiplier(values << LEFT_SHIFT, multiplier, shift, rounding)
