"""QUANTIZE and DEQUANTIZE of TFLite (``quantize.h``, ``dequantize.h``, ``requantize.h``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def round_half_away(x: NDArray[Any]) -> NDArray[Any]:
    """``TfLiteRound`` (std::round): half away from zero, in the input's dtype."""
    whole = np.trunc(x)
    result: NDArray[Any] = whole + np.copysign(np.abs(x - whole) >= 0.5, x).astype(x.dtype)
    return result


def quantize(x: NDArray[Any], scale: float, zero_point: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """``AffineQuantize``: clamp(round(x / scale) + zero_point) with a float32 division."""
    limits = np.iinfo(dtype)
    scaled = round_half_away(x.astype(np.float32) / np.float32(scale))
    result: NDArray[Any] = np.clip(
        scaled.astype(np.float64) + zero_point, limits.min, limits.max
    ).astype(dtype)
    return result


def joined_table(
    scale: float, zero_point: int, output_scale: float, output_zero_point: int
) -> NDArray[np.uint8]:
    """Outputs u8[256] of the uint8 inputs of a CONCATENATION whose output has other steps.

    Source: ``ConcatenationWithScaling`` (``concatenation.h``), every step in float32.
    """
    ratio = np.float32(scale) * (np.float32(1) / np.float32(output_scale))
    scaled = np.arange(256, dtype=np.float32) * ratio + np.float32(-zero_point) * ratio
    steps = round_half_away(scaled).astype(np.int64) + output_zero_point
    return np.clip(steps, 0, 255).astype(np.uint8)


def dequantize(x: NDArray[Any], scale: float, zero_point: int) -> NDArray[np.float32]:
    """``Dequantize``: float32 scale * (x - zero_point), in double before the cast."""
    return (scale * (x.astype(np.float64) - zero_point)).astype(np.float32)
