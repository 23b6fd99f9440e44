"""MEAN of TFLite in exact integers (``reduce.cc`` and ``reduce.h``, QuantizedMeanOrSum)."""

from __future__ import annotations

from collections.abc import Callable
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
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real, rounding))
    up = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << up) // count, shift - up


def make_mean(
    *,
    count: int,
    scale: float,
    zero_point: int,
    output_scale: float,
    output_zero_point: int,
    rounding: Rounding,
    dtype: np.dtype[Any],
) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
    """Sums i64 of ``count`` values of ``dtype`` each → means of that type.

    The division by ``count`` is folded into the multiplier, as the kernel does it.
    """
    factor, power = mean_multiplier(count, scale / output_scale, rounding)

    limits = np.iinfo(dtype)

    def mean(total: NDArray[np.int64]) -> NDArray[Any]:
        centred = total - count * zero_point
        scaled = requantized(centred, (factor, power), rounding, output_zero_point)
        return np.clip(scaled, limits.min, limits.max).astype(dtype)

    return mean
