"""Long rows for short vectors.

numpy works through a broadcast row at a time, and a row of 16 channels is mostly overhead.
Several rows are taken as one, and the vector is repeated to fit: four times as fast.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = 2048
"""Values in a long row, at most."""


def repeats(rows: int, channels: int) -> int:
    """How many of ``rows`` rows of ``channels`` values make one long row: a power of two."""
    most = max(1, ROW // max(channels, 1))
    return gcd(max(rows, 1), 1 << (most.bit_length() - 1))


def tile(vector: NDArray[Any] | np.generic, count: int, channels: int) -> NDArray[Any]:
    """A vector of ``channels`` values (or of one for all) repeated for a long row."""
    return np.tile(np.broadcast_to(vector, (channels,)), count)
