"""Pools of TFLite in exact integers (``reference_integer_ops::AveragePool``, ``MaxPool``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, pad, windows


def average_pool(x: NDArray[Any], window: Window, low: int, high: int) -> NDArray[Any]:
    """Rounded mean of each window (half away from zero), over the unpadded part of it."""
    total = windows(pad(x.astype(np.int32), window), window).sum(axis=(3, 4), dtype=np.int32)
    inside = pad(np.ones((1, *x.shape[1:3], 1), np.int32), window)
    count = windows(inside, window).sum(axis=(3, 4), dtype=np.int32)
    half = count // 2
    # C division truncates: work on magnitudes.
    mean = np.sign(total) * ((np.abs(total) + half) // count)
    pooled: NDArray[Any] = np.clip(mean, low, high).astype(x.dtype)
    return pooled


def max_pool(x: NDArray[Any], window: Window, low: float, high: float) -> NDArray[Any]:
    """Largest value of each window."""
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    largest = windows(pad(x, window, lowest), window).max(axis=(3, 4))
    pooled: NDArray[Any] = np.clip(largest, low, high).astype(x.dtype)
    return pooled
