"""Slopes of a loss through layers, in products and sums that are exact in any order.

A slope is the loss's derivative by a value. Before a product, slopes are rounded to multiples of a
power of two that all values of the array share, few enough bits that every partial sum is a whole
number of multiples which the float type holds: BLAS may then add in any order, on any processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import EXACT_BITS, bits_of
from mendlite.arith.geometry import Window, pad, window_spans

Slopes = NDArray[np.float32]
Floats = NDArray[np.float64]

BITS = 20
"""Bits of a rounded slope, at most: the rounding in float32 needs |v| below 2**22 multiples."""

FEWEST = 10
"""With fewer bits left for slopes in float32, the product by the weights is one of float64."""

FLOAT32_BITS = 24
"""Whole numbers of so many bits are exact in float32."""

NOTHING = 2.0**-90
"""Slopes below count as zero: their steps would leave float32's normal numbers."""


def on_grid(slopes: NDArray[Any], bits: int = BITS) -> Slopes:
    """The slopes f32 as multiples of 2**-``bits`` of their largest, taken as a power of two."""
    values = slopes.astype(np.float32, copy=False)
    largest = float(max(values.max(initial=0.0), -values.min(initial=0.0)))
    if largest < NOTHING:
        return np.zeros_like(values)
    shift = np.ldexp(np.float32(1.5), bits_of(largest) - bits + FLOAT32_BITS - 1)
    result: Slopes = values + shift
    result -= shift
    return result


def total(slopes: NDArray[Any], axes: tuple[int, ...], *, keep: bool = False) -> Floats:
    """Sum f64 of slopes along ``axes``, rounded to a grid first."""
    result: Floats = on_grid(slopes).sum(axis=axes, dtype=np.float64, keepdims=keep)
    return result


def room(taps: NDArray[Any]) -> tuple[int, np.dtype[Any]]:
    """Bits of slopes, and the type, in which their products by weights [T, in, C] are exact."""
    reach = float(np.abs(taps).sum(axis=(0, 2), dtype=np.float64).max(initial=1.0))
    left = FLOAT32_BITS - bits_of(max(reach, 1.0))
    if left >= FEWEST:
        return min(left, BITS), np.dtype(np.float32)
    return min(BITS, EXACT_BITS - bits_of(max(reach, 1.0))), np.dtype(np.float64)


def padded_zeros(count: int, spatial: tuple[int, int], channels: int, window: Window) -> Slopes:
    """Zeros f32 of the padded input's shape."""
    height, width = (
        n + b + a for n, b, a in zip(spatial, window.before, window.after, strict=True)
    )
    return np.zeros((count, height, width, channels), np.float32)


def cropped(padded: Slopes, spatial: tuple[int, int], window: Window) -> Slopes:
    """The unpadded part."""
    (top, left), (height, width) = window.before, spatial
    return padded[:, top : top + height, left : left + width]


def convolution_by_input(
    slopes: Slopes, taps: NDArray[Any], window: Window, spatial: tuple[int, int]
) -> Slopes:
    """Slopes (n, h, w, in) by a convolution's input of ``spatial`` size.

    ``slopes`` (n, out_h, out_w, C) are on a grid that leaves ``room`` for ``taps`` [T, in, C].
    """
    kind = taps.dtype
    rows = slopes.reshape(-1, slopes.shape[-1]).astype(kind, copy=False)
    by_input = padded_zeros(len(slopes), spatial, taps.shape[1], window).astype(kind, copy=False)
    for tap, (row, column) in zip(taps, window_spans(window), strict=True):
        by_input[:, row, column] += (rows @ tap.T).reshape(*slopes.shape[:3], -1)
    return cropped(by_input, spatial, window).astype(np.float32, copy=False)


def convolution_by_weights(x: NDArray[Any], slopes: Slopes, window: Window) -> Floats:
    """Slopes f64[T, in, C] by a convolution's weights; ``x`` (n, h, w, in) holds whole numbers."""
    padded = pad(x, window, 0, np.dtype(np.float64))
    rows = slopes.reshape(-1, slopes.shape[-1]).astype(np.float64)
    return np.stack(
        [
            padded[:, row, column].reshape(len(rows), -1).T @ rows
            for row, column in window_spans(window)
        ]
    )


def depthwise_by_input(
    slopes: Slopes, taps: NDArray[Any], window: Window, spatial: tuple[int, int]
) -> Slopes:
    """As ``convolution_by_input`` of a depthwise convolution, its ``taps`` [T, in, multiplier]."""
    channels, multiplier = taps.shape[1:]
    parts = slopes.reshape(*slopes.shape[:3], channels, multiplier)
    by_input = padded_zeros(len(slopes), spatial, channels, window)
    for tap, (row, column) in zip(taps.astype(np.float32), window_spans(window), strict=True):
        for one in range(multiplier):
            by_input[:, row, column] += parts[..., one] * tap[:, one]
    return cropped(by_input, spatial, window)


def depthwise_by_weights(
    x: NDArray[Any], slopes: Slopes, window: Window, multiplier: int
) -> Floats:
    """Slopes f64[T, in, multiplier] by a depthwise convolution's weights."""
    padded = pad(x, window, 0, np.dtype(np.float64))
    channels = x.shape[3]
    parts = slopes.astype(np.float64).reshape(*slopes.shape[:3], channels, multiplier)
    by_weights = np.empty((len(window_spans(window)), channels, multiplier))
    for tap, (row, column) in enumerate(window_spans(window)):
        here = padded[:, row, column]
        for one in range(multiplier):
            by_weights[tap, :, one] = (here * parts[..., one]).reshape(-1, channels).sum(axis=0)
    return by_weights


def dense_by_input(slopes: Slopes, taps: NDArray[Any]) -> Slopes:
    """Slopes (n, in) by a dense layer's input; ``taps`` [1, in, C] as in a convolution."""
    by_input: Slopes = (slopes.astype(taps.dtype, copy=False) @ taps[0].T).astype(np.float32)
    return by_input


def dense_by_weights(x: NDArray[Any], slopes: Slopes) -> Floats:
    """Slopes f64[1, in, C] by a dense layer's weights; ``x`` (n, in) holds whole numbers."""
    return (x.astype(np.float64).T @ slopes.astype(np.float64))[None]
