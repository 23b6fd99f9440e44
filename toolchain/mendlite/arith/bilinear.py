"""RESIZE_BILINEAR of TFLite (``resize_bilinear.h``): whole numbers in integers, and float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BITS = 10
"""Fraction bits of a position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Along one axis: the two positions that each new one lies between, and how far from the first.

    ``part`` in 2**-10 (integers), or in float32.
    """

    low: Ints
    high: Ints
    part: NDArray[Any]


def _step_and_first(extent: int, wanted: int, *, aligned: bool, centred: bool) -> tuple[int, int]:
    """How far two new positions are apart, and where the first one lies, in 2**-10."""
    less = 1 if aligned and wanted > 1 else 0
    step = ((extent - less << BITS) + (wanted - less) // 2) // (wanted - less)
    return step, step // 2 - (1 << (BITS - 1)) if centred else 0


def leaves_image(extent: int, wanted: int, *, aligned: bool, centred: bool) -> bool:
    """Whether rounding the step leads the last position behind the image: TFLite reads on there."""
    step, first = _step_and_first(extent, wanted, aligned=aligned, centred=centred)
    return first + (wanted - 1) * step >= extent << BITS


def integer_grid(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Between:
    """``ComputeInterpolationValuesInteger``."""
    step, first = _step_and_first(extent, wanted, aligned=aligned, centred=centred)
    places = np.arange(wanted, dtype=np.int64) * step + first
    # C divides towards zero: of a negative position the quotient is 0.
    low = np.maximum(np.trunc(places / 2**BITS).astype(np.int64), 0)
    up = np.trunc((places + 2**BITS - 1) / 2**BITS).astype(np.int64)
    high = np.minimum(up, extent - 1)
    return Between(low=low, high=high, part=places - (low << BITS))


def float_grid(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Between:
    """``ComputeInterpolationValues``."""
    less = 1 if aligned and wanted > 1 else 0
    step = np.float32(extent - less) / np.float32(wanted - less)
    places = np.arange(wanted, dtype=np.float32)
    half = np.float32(0.5)
    places = (places + half) * step - half if centred else places * step
    low = np.maximum(np.floor(places).astype(np.int64), 0)
    high = np.minimum(np.ceil(places).astype(np.int64), extent - 1)
    return Between(low=low, high=high, part=places - low.astype(np.float32))


def _corners(x: NDArray[Any], rows: Between, columns: Between) -> list[NDArray[Any]]:
    """Values (..., height, width, channels) at both rows and both columns."""
    return [
        x.take(row, axis=-3).take(column, axis=-2)
        for column in (columns.low, columns.high)
        for row in (rows.low, rows.high)
    ]


def make_integer_resize(rows: Between, columns: Between) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Values (..., height, width, channels) → resized, half away from zero.

    The kernel's four weights are products: rows are weighted first, then columns, to the same sum.
    """
    one = 1 << BITS

    def resize(x: NDArray[Any]) -> NDArray[Any]:
        wide: Any = np.int32 if x.dtype.itemsize == 1 else np.int64
        down, across = rows.part[:, None, None].astype(wide), columns.part[:, None].astype(wide)
        low, high = (x.take(row, axis=-3).astype(wide) for row in (rows.low, rows.high))
        lines = low * one + (high - low) * down
        first = lines.take(columns.low, axis=-2)
        total = first * one + (lines.take(columns.high, axis=-2) - first) * across
        rounded = (np.abs(total) + (1 << (2 * BITS - 1))) >> 2 * BITS
        result: NDArray[Any] = (np.sign(total) * rounded).astype(x.dtype)
        return result

    return resize


def make_float_resize(rows: Between, columns: Between) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """The same of float32, each product and sum in the kernel's order."""
    down, across = rows.part[:, None, None], columns.part[:, None]
    one = np.float32(1)

    def resize(x: NDArray[Any]) -> NDArray[Any]:
        low_low, high_low, low_high, high_high = _corners(x, rows, columns)
        total = low_low * (one - down) * (one - across) + high_low * down * (one - across)
        total = total + low_high * (one - down) * across
        result: NDArray[Any] = total + high_high * down * across
        return result

    return resize
