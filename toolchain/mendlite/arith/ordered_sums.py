"""Sums of floats in one order, whatever numpy's version or the processor.

numpy promises no order for ``sum``: it depends on strides, on buffers and on how a version walks
through memory. Here the first half is added to the second, again and again: additions of whole
arrays, which IEEE 754 rounds correctly, in an order that only the length decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ordered_sum(values: NDArray[Any], axis: int = 0) -> Floats:
    """Sum f64 of ``values`` along ``axis``; zero where it is empty."""
    # ``moveaxis`` takes longer than a short sum.
    rest = np.asarray(values) if axis == 0 else np.moveaxis(np.asarray(values), axis, 0)
    if len(rest) == 0:
        return np.zeros(rest.shape[1:])
    own = False
    while len(rest) > 1:
        half = len(rest) // 2
        room = rest[:half] if own else None
        paired = np.add(rest[:half], rest[half : 2 * half], out=room, dtype=np.float64)
        if len(rest) % 2:
            paired[0] += rest[-1]
        rest, own = paired, True
    result: Floats = rest[0] if own else rest[0].astype(np.float64)
    return result


def ordered_mean(values: NDArray[Any], axis: int = 0) -> Floats:
    """Mean f64 along ``axis``; zero where it is empty."""
    result: Floats = ordered_sum(values, axis) / max(np.shape(values)[axis], 1)
    return result


def mean_of(values: NDArray[Any]) -> float:
    """The mean of all values; 0 without any."""
    return float(ordered_mean(np.asarray(values).reshape(-1)))


def total_of(values: NDArray[Any]) -> float:
    """The sum of all values."""
    return float(ordered_sum(np.asarray(values).reshape(-1)))


def deviation_of(values: NDArray[Any]) -> float:
    """The standard deviation of all values (divided by n, not n - 1)."""
    away = np.asarray(values, np.float64).reshape(-1) - mean_of(values)
    return float(np.sqrt(mean_of(away * away)))


def norm_of(values: NDArray[Any]) -> float:
    """The Euclidean length of all values."""
    flat = np.asarray(values, np.float64).reshape(-1)
    return float(np.sqrt(total_of(flat * flat)))
