"""Samples that no array holds: an evenly spaced grid, and the windows of a raw recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import DATA, read_limited, shown
from mendlite.targets.schema import Frames, Grid

POINTS = 2**24
"""Most points of a grid."""

LARGEST = 2**32
"""Most bytes of all windows of a recording."""


def grid_values(grid: Grid) -> NDArray[np.float32]:
    """f32[count] from ``low`` to ``high``; raises BadInputError for bounds that span nothing."""
    if grid.count > POINTS:
        raise BadInputError(f"a grid of {grid.count} points is too fine: at most {POINTS}")
    limit = float(np.finfo(np.float32).max)
    if not -limit <= grid.low <= grid.high <= limit:
        raise BadInputError(f"a grid from {grid.low:g} to {grid.high:g} does not rise in float32")
    return np.linspace(grid.low, grid.high, grid.count, dtype=np.float32)


def read_windows(path: Path, frames: Frames) -> NDArray[np.float32]:
    """Windows f32[n, window] of a raw little-endian float32 recording.

    Raises BadInputError for a file that cannot be read, is no such recording, or is cut into more
    than 4 GB.
    """
    data = read_limited(path, DATA)
    if len(data) % 4:
        raise BadInputError(f"{shown(path)}: {len(data)} bytes are no whole number of float32")
    values = np.frombuffer(data, "<f4").astype(np.float32, copy=False)
    if values.size < frames.window:
        raise BadInputError(
            f"{shown(path)}: {values.size} values are fewer than one window of {frames.window}"
        )
    count = (values.size - frames.window) // frames.stride + 1
    if count * frames.window * 4 > LARGEST:
        raise BadInputError(
            f"{shown(path)}: {count} windows of {frames.window} values are over 4 GB: raise stride"
        )
    if not np.isfinite(values).all():
        raise BadInputError(f"{shown(path)}: the recording holds NaN or infinite values")
    every = np.lib.stride_tricks.sliding_window_view(values, frames.window)[:: frames.stride]
    return np.ascontiguousarray(every)
