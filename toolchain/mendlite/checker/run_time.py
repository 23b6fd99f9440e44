"""Rows of float32 that are quantized at run time, as ``portable_tensor_utils.cc`` has it."""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import half_away
from mendlite.checker.step import Array


def symmetric(rows: Array) -> tuple[Array, Array, Array]:
    """SymmetricQuantizeFloats: stored values, float32 scales and zeros, for each row."""
    shape = (-1, *[1] * (rows.ndim - 1))
    largest = np.abs(rows).reshape(len(rows), -1).max(axis=1).reshape(shape)
    safe = np.where(largest == 0, np.float32(1), largest)
    stored = np.clip(half_away(rows * (np.float32(127) / safe)), -127, 127)
    scale = np.where(largest == 0, np.float32(1), largest / np.float32(127))
    return np.where(largest == 0, 0, stored), scale, np.zeros_like(scale)


def asymmetric(rows: Array, *, litert: bool) -> tuple[Array, Array, Array]:
    """AsymmetricQuantizeFloats: the range includes zero, which is stored exactly.

    ``litert``: as LiteRT does it, the range's width is a float32, and the zero is added to whole
    steps.
    """
    shape = (-1, *[1] * (rows.ndim - 1))
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    low, high = np.minimum(flat.min(axis=1), 0), np.maximum(flat.max(axis=1), 0)
    width = np.float32(high - low).astype(np.float64) if litert else high - low
    real = np.where(low == high, 1.0, width / 255.0)
    nearer_low = 128.0 + np.abs(low / real) < 127.0 + np.abs(high / real)
    zero = half_away(np.clip(np.where(nearer_low, -128 - low / real, 127 - high / real), -128, 127))
    zero = np.where(low == high, 0.0, zero).astype(np.float32).reshape(shape)
    scale = real.astype(np.float32).reshape(shape)
    steps = rows * (np.float32(1) / scale)
    whole = half_away(steps) + zero if litert else half_away(zero + steps)
    return np.clip(whole, -128, 127), scale, zero
