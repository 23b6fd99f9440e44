"""The trial of the compiled solution of triangles, against Python's floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.trial_values import Draw, Trials
from mendlite.compiled.triangles import solve_block

SIZE, COLUMNS = 7, (3, 37)
"""Rows; right sides that are fewer than a strip, and a strip and some."""


def triangle_trials(draw: Draw) -> Trials:
    """(what, the kernel's outputs, the right ones): from the first row, and from the last."""
    triangle = draw(SIZE * SIZE, 12, 20).reshape(SIZE, SIZE) / 7
    pivots = 30 + draw(SIZE, 13, 20) / 3
    for columns in COLUMNS:
        start = draw(SIZE * columns, 14, 500).reshape(SIZE, columns) / 7
        for backward in (False, True):
            found = start.copy()
            solve_block(triangle, pivots, found, backward=backward)
            yield "triangle", found, _solved(triangle, pivots, start, backward=backward)


def _solved(
    triangle: NDArray[np.float64],
    pivots: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    backward: bool,
) -> NDArray[np.float64]:
    factors, order = triangle.tolist(), range(SIZE)
    rows = start.tolist()
    solved: list[int] = []
    for i in reversed(order) if backward else order:
        for c in range(len(rows[i])):
            value = rows[i][c]
            for k in solved:
                value -= factors[i][k] * rows[k][c]
            rows[i][c] = value / float(pivots[i])
        solved.append(i)
    return np.array(rows)
