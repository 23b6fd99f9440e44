"""The trial of the compiled roundings of integer quadratics, against Python's floats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.planes import Box, descend, round_block
from mendlite.compiled.trial_values import Draw, Trials

PROBLEMS, SIZE, BLOCK, SWEEPS = 3, 6, slice(2, 6), 4


def plane_trials(draw: Draw) -> Trials:
    """(what, the kernel's outputs, the right ones): one matrix for all problems, and one each."""
    shape = PROBLEMS, SIZE
    lower, upper = (
        draw(PROBLEMS * SIZE, seed, 2).reshape(shape) + by for seed, by in ((6, -2), (7, 3))
    )
    steps = draw(PROBLEMS * SIZE, 8, 1).reshape(shape) % 2 + 1.0
    start = draw(PROBLEMS * SIZE, 9, 500).reshape(shape) / 7
    each = draw(PROBLEMS * SIZE * SIZE, 10, 20).reshape(PROBLEMS, SIZE, SIZE) / 3
    each += 40 * np.eye(SIZE)
    for matrix, of in ((each, None), (each, steps), (np.ascontiguousarray(each[0]), None)):
        box = Box.of(lower, upper, of)
        left, result = start.copy(), np.zeros(shape)
        round_block(matrix, left, box, BLOCK, result)
        found = np.stack([left, result])
        yield "nearest plane", found, _in_problems(_plane, start, matrix, box)
        gradient, result = start.copy(), np.zeros(shape)
        descend(matrix, box, SWEEPS, result, gradient)
        found = np.stack([gradient, result])
        yield "coordinate descent", found, _in_problems(_descent, start, matrix, box)


Solve = Callable[[list[float], list[list[float]], Callable[[float, int], float]], list[float]]


def _in_problems(
    solve: Solve, start: NDArray[np.float64], matrix: NDArray[np.float64], box: Box
) -> NDArray[np.float64]:
    """What becomes of ``start`` and the values found, f64[2, C, K], one problem after the other."""
    found = []
    for c, given in enumerate(start.tolist()):
        own = (matrix[c] if matrix.ndim == 3 else matrix).tolist()
        unit = [1.0] * SIZE if box.steps is None else box.steps[c].tolist()
        ends = list(zip(box.lower[c].tolist(), box.upper[c].tolist(), strict=True))

        def on_grid(
            value: float, k: int, unit: list[float] = unit, ends: list[tuple[int, int]] = ends
        ) -> float:
            return min(max(round(value / unit[k]), ends[k][0]), ends[k][1]) * unit[k]

        found.append([given, solve(given, own, on_grid)])
    return np.array(found, np.float64).swapaxes(0, 1)


def _plane(
    left: list[float], triangle: list[list[float]], on_grid: Callable[[float, int], float]
) -> list[float]:
    result = [0.0] * SIZE
    for k in reversed(range(BLOCK.start, BLOCK.stop)):
        result[k] = on_grid(left[k] / triangle[k][k], k)
        for i in range(BLOCK.start, k):
            left[i] -= result[k] * triangle[k][i]
    return result


def _descent(
    gradient: list[float], matrix: list[list[float]], on_grid: Callable[[float, int], float]
) -> list[float]:
    result = [0.0] * SIZE
    for _ in range(SWEEPS):
        for k in range(SIZE):
            change = on_grid(result[k] - gradient[k] / matrix[k][k], k) - result[k]
            result[k] += change
            for i in range(SIZE):
                gradient[i] += change * matrix[k][i]
    return result
