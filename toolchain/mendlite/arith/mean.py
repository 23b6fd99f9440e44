"""MEAN and SUM of TFLite in exact integers (``reduce.cc`` and ``reduce.h``, QuantizedMeanOrSum)."""

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
    multiplier, shift = sum_multiplier(real, rounding)
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
    by = mean_multiplier(count, scale / output_scale, rounding)
    return _scaled(count * zero_point, by, output_zero_point, rounding, dtype)


def make_sum(
    *,
    count: int,
    scale: float,
    zero_point: int,
    output_scale: float,
    output_zero_point: int,
    rounding: Rounding,
    dtype: np.dtype[Any],
) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
    """Sums i64 of ``count`` stored values each → the output's stored sums, as TFLite Micro has it.

    LiteRT's SUM of INT8 and INT16 computes other values.
    """
    by = sum_multiplier(scale / output_scale, rounding)
    return _scaled(count * zero_point, by, output_zero_point, rounding, dtype)


def sum_multiplier(real: float, rounding: Rounding) -> tuple[int, int]:
    """(multiplier, shift) of ``real``."""
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real, rounding))
    return multiplier, shift


def _scaled(
    offset: int,
    by: tuple[int, int],
    output_zero_point: int,
    rounding: Rounding,
    dtype: np.dtype[Any],
) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
    limits = np.iinfo(dtype)

    def scaled(total: NDArray[np.int64]) -> NDArray[Any]:
        steps = requantized(total - offset, by, rounding, output_zero_point)
        return np.clip(steps, limits.min, limits.max).astype(dtype)

    return scaled
