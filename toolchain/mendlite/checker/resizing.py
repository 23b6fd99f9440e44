"""RESIZE_BILINEAR (``resize_bilinear.h``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mendlite.checker.rounding import Integers
from mendlite.checker.step import Array, RunningOperator


def run_bilinear(step: RunningOperator) -> Array:
    """Stored values are weighted, whatever the scales."""
    values = step.lifted(0)
    aligned, centred = (bool(step.op.option(field, "?")) for field in (2, 3))
    real = step.kind(0) == "float32"
    grid = _reals if real else _tenths
    grids = [
        grid(n, wanted, aligned=aligned, centred=centred)
        for n, wanted in zip(values.shape[2:4], step.numbers(1), strict=True)
    ]
    resized = _weighted(values, grids, real=real)
    if real:
        return step.lowered(resized.astype(np.float32))
    # By 2**20 with halves away from zero: C's division truncates.
    half = np.where(resized >= 0, 1 << 19, -(1 << 19))
    magnitude = np.abs(resized + half) >> 20
    return step.lowered(np.where(resized >= 0, magnitude, -magnitude).astype(values.dtype))


Grid = tuple[Integers, Integers, Any]
"""The positions before and behind, and how far each new one is from the first."""


def _pace_and_first(extent: int, wanted: int, aligned: bool, centred: bool) -> tuple[int, int]:
    less = 1 if aligned and wanted > 1 else 0
    pace = (((extent - less) << 10) + (wanted - less) // 2) // (wanted - less)
    return pace, pace // 2 - (1 << 9) if centred else 0


def last_row(extent: int, wanted: int, aligned: bool, centred: bool) -> int:
    """The row before the last new one; rounding the pace may lead it behind the image."""
    pace, first = _pace_and_first(extent, wanted, aligned, centred)
    return (first + (wanted - 1) * pace) >> 10


def _tenths(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Grid:
    """``ComputeInterpolationValuesInteger``: positions in 2**-10."""
    pace, first = _pace_and_first(extent, wanted, aligned, centred)
    at = np.arange(wanted, dtype=np.int64) * pace + first
    low = np.maximum(np.where(at < 0, -(-at >> 10), at >> 10), 0)
    up = at + (1 << 10) - 1
    high = np.minimum(np.where(up < 0, -(-up >> 10), up >> 10), extent - 1)
    return low, high, at - (low << 10)


def _reals(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Grid:
    """``ComputeInterpolationValues``, in float32."""
    less = 1 if aligned and wanted > 1 else 0
    pace = np.float32(extent - less) / np.float32(wanted - less)
    at, half = np.arange(wanted, dtype=np.float32), np.float32(0.5)
    at = (at + half) * pace - half if centred else at * pace
    low = np.maximum(np.floor(at).astype(np.int64), 0)
    high = np.minimum(np.ceil(at).astype(np.int64), extent - 1)
    return low, high, at - low.astype(np.float32)


def _weighted(values: Array, grids: list[Grid], *, real: bool) -> Array:
    """The four neighbours by their weights, summed in the kernel's order."""
    kind: Any = np.float32 if real else np.int64
    one: Any = 1 if real else 1 << 10
    held = values.astype(kind)
    (top, bottom, down), (left, right, across) = grids
    down, across = down.astype(kind), across.astype(kind)
    down, across = down[:, None, None], across[:, None]
    total: Any = None
    for columns, aside in ((left, one - across), (right, across)):
        for rows, below in ((top, one - down), (bottom, down)):
            term = held.take(rows, -3).take(columns, -2) * below * aside
            total = term if total is None else total + term
    return np.asarray(total)
