"""Pools of TFLite in exact integers (``reference_integer_ops::AveragePool``, ``MaxPool``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, pad, window_spans, windows

MOST_TAPS = 25
"""Positions of a window that are taken one array after the other; of a larger one, all at once."""


def _largest(x: NDArray[Any], window: Window) -> NDArray[Any]:
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    padded = pad(x, window, lowest)
    if x.dtype.kind == "f" or window.size[0] * window.size[1] > MOST_TAPS:
        whole: NDArray[Any] = windows(padded, window).max(axis=(3, 4))
        return whole
    first, *rest = (padded[:, row, column] for row, column in window_spans(window))
    largest = first.copy()
    for tap in rest:
        np.maximum(largest, tap, out=largest)
    return largest


def _total(x: NDArray[Any], window: Window) -> NDArray[Any]:
    """Sums of integers, i32."""
    padded = pad(x, window)
    if window.output == (1, 1) and window.dilation == (1, 1):
        (rows, columns), axes = window.size, (1, 2)
        every: NDArray[Any] = padded[:, :rows, :columns]
        summed: NDArray[Any] = every.sum(axis=axes, keepdims=True, dtype=np.int32)
        return summed
    if window.size[0] * window.size[1] > MOST_TAPS:
        whole: NDArray[Any] = windows(padded.astype(np.int32), window).sum(axis=(3, 4))
        return whole.astype(np.int32)
    first, *rest = (padded[:, row, column] for row, column in window_spans(window))
    total = first.astype(np.int32)
    for tap in rest:
        total += tap
    return total


def average_pool(x: NDArray[Any], window: Window, low: int, high: int) -> NDArray[Any]:
    """Rounded mean of each window (half away from zero), over the unpadded part of it."""
    total = _total(x, window)
    count = _total(np.ones((1, *x.shape[1:3], 1), np.int8), window)
    half = count // 2
    # C division truncates: work on magnitudes.
    mean = np.sign(total) * ((np.abs(total) + half) // count)
    pooled: NDArray[Any] = np.clip(mean, low, high).astype(x.dtype)
    return pooled


def max_pool(x: NDArray[Any], window: Window, low: float, high: float) -> NDArray[Any]:
    """Largest value of each window."""
    pooled: NDArray[Any] = np.clip(_largest(x, window), low, high).astype(x.dtype)
    return pooled
