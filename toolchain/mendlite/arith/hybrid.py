"""Run-time quantization of float activations for layers with int8 weights (dynamic range).

Source: ``tensor_utils::SymmetricQuantizeFloats`` and ``AsymmetricQuantizeFloats``
(``internal/reference/portable_tensor_utils.cc``). Each row is quantized on its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import round_half_away

CENTRED_REACH = 255
"""Largest |x - zero_point| of an int8 input."""

Quantized = tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.int32]]


def symmetric(rows: NDArray[np.float32]) -> Quantized:
    """int8 rows [n, ...], float32 scales [n] and zero offsets [n]: largest magnitude is 127."""
    axes = tuple(range(1, rows.ndim))
    largest = np.abs(rows).max(axis=axes, initial=0.0).astype(np.float32)
    empty = largest == 0
    scale = np.where(empty, np.float32(1), largest / np.float32(127)).astype(np.float32)
    inverse = np.where(empty, np.float32(0), np.float32(127) / np.where(empty, 1, largest))
    shape = (-1, *[1] * len(axes))
    scaled = round_half_away(rows * inverse.astype(np.float32).reshape(shape))
    return (
        np.clip(scaled, -127, 127).astype(np.int8),
        scale,
        np.zeros(rows.shape[0], np.int32),
    )


def asymmetric(rows: NDArray[np.float32], *, litert: bool = False) -> Quantized:
    """int8 rows [n, ...], float32 scales [n] and zero-points [n]: the range includes zero.

    ``litert``: as LiteRT 2 does, whose range is a difference in float32 and whose values are
    rounded before the zero-point is added; TensorFlow Lite 2.14 does both the other way.
    """
    axes = tuple(range(1, rows.ndim))
    low = np.minimum(rows.min(axis=axes, initial=0.0), 0).astype(np.float64)
    high = np.maximum(rows.max(axis=axes, initial=0.0), 0).astype(np.float64)
    empty = low == high
    width = (high - low).astype(np.float32 if litert else np.float64).astype(np.float64)
    scale = np.where(empty, 1.0, width / 255.0)
    # The zero-point from the end with the smaller rounding error.
    from_low, from_high = -128.0 - low / scale, 127.0 - high / scale
    low_is_better = 128.0 + np.abs(low / scale) < 127.0 + np.abs(high / scale)
    zero = round_half_away(np.clip(np.where(low_is_better, from_low, from_high), -128, 127))
    zero = np.where(empty, 0.0, zero)
    stored = scale.astype(np.float32)
    inverse = (np.float32(1) / stored).reshape(-1, *[1] * len(axes))
    offset = zero.astype(np.float32).reshape(inverse.shape)
    steps = rows * inverse
    scaled = round_half_away(steps) + offset if litert else round_half_away(offset + steps)
    return np.clip(scaled, -128, 127).astype(np.int8), stored, zero.astype(np.int32)
