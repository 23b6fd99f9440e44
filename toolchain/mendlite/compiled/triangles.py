"""The compiled solution of a triangle's equations as a function of arrays."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.calls import at, function, require

Floats = NDArray[np.float64]


def solve_block(triangle: Floats, pivots: Floats, rows: Floats, *, backward: bool = False) -> None:
    """Solve for ``rows`` [K, C] in place, from the first row on or, ``backward``, from the last.

    Each row loses the multiples by ``triangle`` [K, K] of the rows solved before it, one after the
    other, and is divided by its value of ``pivots`` [K]. ``rows`` is contiguous.
    """
    (size, columns), (down, across) = rows.shape, triangle.strides
    if not rows.flags.c_contiguous or triangle.shape != (size, size) or len(pivots) != size:
        raise ValueError(f"{triangle.shape} and {pivots.shape} for rows {rows.shape} in a row")
    held, item = np.ascontiguousarray(pivots, np.float64), triangle.itemsize
    require(function("solve_block")(
        at(triangle), ctypes.c_int64(down // item), ctypes.c_int64(across // item), at(held),
        ctypes.c_int64(size), ctypes.c_int32(backward), at(rows), ctypes.c_int64(columns),
    ))  # fmt: skip
