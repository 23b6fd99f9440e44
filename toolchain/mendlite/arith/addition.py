"""ADD of TFLite in exact integers (``reference_integer_ops::Add``, ``add.cc`` Prepare)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from mendlite.arith.requantize import Requantizer

LEFT_SHIFT = 20
"""Bits of headroom that the kernel gives int8 inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A prepared int8 ADD: each input's 256 rescaled values, then one requantization.

    ``first`` and ``second`` i32[256] are indexed by the input's byte.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    requantize: Requantizer

    def __call__(self, x: NDArray[np.int8], y: NDArray[np.int8]) -> NDArray[Any]:
        """Sum of two int8 arrays that broadcast."""
        left = self.first.take(x.view(np.uint8))
        right = self.second.take(y.view(np.uint8))
        return self.requantize((left + right)[..., None])[..., 0]


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
    tables = [_rescaled(scales[i] / twice, zero_points[i], rounding) for i in range(2)]
    return Addition(
        first=tables[0],
        second=tables[1],
        requantize=Requantizer.of(
            twice / ((1 << LEFT_SHIFT) * scales[2]),
            rounding=rounding,
            zero_point=zero_points[2],
            low=low,
            high=high,
            dtype=np.dtype(np.int8),
        ),
    )


def _rescaled(real: float, zero_point: int, rounding: Rounding) -> NDArray[np.int32]:
    """Each byte's value, shifted left and scaled, i32[256]."""
    multiplier, shift = quantize_multiplier(real, rounding)
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64) - zero_point
    scaled = multiply_by_quantized_multiplier(values << LEFT_SHIFT, multiplier, shift, rounding)
    return scaled.astype(np.int32)
