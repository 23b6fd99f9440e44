"""MEAN and SUM of TFLite in exact integers (``reduce.cc`` and ``reduce.h``, QuantizedMeanOrSum)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    quantize_multiplier,
    requantized,
)


def mean_multiplier(count: int, real: float, rounding: Rounding) -> tuple[int, int]:
    """(multiplier, shift) of ``real`` / ``count``.

    ``reduce.h``: the multiplier is scaled up by as many bits as the count has, then divided.
    """
    multiplier, shift = sum_multiplier(real, rounding)
    up = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << up) // count, shift - up


def sum_multiplier(real: float, rounding: Rounding) -> tuple[int, int]:
    """(multiplier, shift) of ``real``."""
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real, rounding))
    return multiplier, shift


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedSums:
    """Sums of ``count`` stored values of ``dtype`` each, with the parameters of both ends.

    Each function takes such sums i64, without the zero-point removed, and results in stored values
    of the output, of the same type.
    """

    count: int
    scale: float
    zero_point: int
    output_scale: float
    output_zero_point: int
    rounding: Rounding
    dtype: np.dtype[Any]

    def make_mean(self) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
        """Means: the division by ``count`` is folded into the multiplier, as the kernel does it."""
        return self._scaled(*mean_multiplier(self.count, self._real, self.rounding))

    def make_sum(self) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
        """Sums as TFLite Micro has them: LiteRT's SUM of INT8 and INT16 computes other values."""
        return self._scaled(*sum_multiplier(self._real, self.rounding))

    @property
    def _real(self) -> float:
        return self.scale / self.output_scale

    def _scaled(self, multiplier: int, shift: int) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
        limits, offset = np.iinfo(self.dtype), self.count * self.zero_point

        def scaled(total: NDArray[np.int64]) -> NDArray[Any]:
            by = multiplier, shift
            steps = requantized(total - offset, by, self.rounding, self.output_zero_point)
            return np.clip(steps, limits.min, limits.max).astype(self.dtype)

        return scaled
