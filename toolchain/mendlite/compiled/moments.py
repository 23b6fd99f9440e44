"""Compiled sums over rows in a fixed order, ends of channels and histograms."""

from __future__ import annotations

import ctypes
from enum import IntEnum, unique

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.calls import at, function, require

Reals = NDArray[np.float32]
Floats = NDArray[np.float64]


@unique
class Moment(IntEnum):
    """What is summed, as moments.c numbers it."""

    VALUE = 0
    """The values as they are."""
    SQUARE = 1
    """Their squares."""
    CLIPPED = 2
    """The values within the ends."""
    CLIPPED_SQUARE = 3
    """The squares of those."""
    PRODUCT = 4
    """The value times the value within the ends."""


def ordered_moment(
    x: Reals,
    of: Moment,
    ends: tuple[float, float] = (-np.inf, np.inf),
    wanted: NDArray[np.bool_] | None = None,
) -> Floats:
    """Sum f64[C] over the rows of ``x`` f32[S, C], as ``arith.ordered_sums.ordered_sum`` adds.

    With ``wanted`` bool[C] what stands for the other channels is undefined.
    """
    values, channels = np.ascontiguousarray(x, np.float32), x.shape[1]
    out = np.zeros(channels)
    if not len(values):
        return out
    chosen = np.ones(channels, np.bool_) if wanted is None else np.ascontiguousarray(wanted)
    require(function("ordered_moment")(
        at(values), *_sizes(values), ctypes.c_int32(of), *map(ctypes.c_double, ends),
        at(chosen), at(out),
    ))  # fmt: skip
    return out


def channel_ends(x: Reals) -> tuple[Reals, Reals]:
    """The smallest and largest f32[C] of ``x`` f32[S, C], S > 0; NaN where a channel has one."""
    values = np.ascontiguousarray(x, np.float32)
    if not len(values):
        raise ValueError("no rows have no ends")
    low, high = (np.empty(x.shape[1], np.float32) for _ in range(2))
    function("channel_ends")(at(values), *_sizes(values), at(low), at(high))
    return low, high


def count_bins(x: Reals, low: float, high: float, bins: int) -> NDArray[np.int64] | None:
    """How many of ``x`` lie in each of ``bins`` between the ends, i64[bins]; None with a NaN.

    Values beyond the ends count in the outer bins.
    """
    values, counts = np.ascontiguousarray(x, np.float32), np.zeros(bins + 1, np.int64)
    function("count_bins")(
        at(values), ctypes.c_int64(values.size), ctypes.c_double(low),
        ctypes.c_double(bins / (high - low)), ctypes.c_int64(bins), at(counts),
    )  # fmt: skip
    return None if counts[bins] else counts[:bins]


def _sizes(values: Reals) -> tuple[ctypes.c_int64, ctypes.c_int64]:
    """Rows and channels."""
    return ctypes.c_int64(values.shape[0]), ctypes.c_int64(values.shape[1])
