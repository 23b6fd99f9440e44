"""Round the optimum of an integer quadratic: Babai's nearest plane, then single steps.

Both minimise d'Ad - 2 right'd over integers d f64[C, K] within a box, a row of ``right`` a problem.
The matrix A is positive definite, [K, K] for all problems or [C, K, K], one for each. Nearest plane
rounds one value after the other, the last first, and lets the others make up for what it lost:
the ordering that GPTQ uses (Frantar et al. 2022).

With ``steps`` f64[C, K], whole numbers, each d is a multiple of its step, and the box bounds how
many: weights with a scale for each block count in the unit of their row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.cholesky import BLOCK, forward
from mendlite.arith.exact_products import whole_product
from mendlite.compiled.planes import Box, descend, round_block
from mendlite.compiled.trial import usable

Floats = NDArray[np.float64]
Bounds = NDArray[np.int64]

SWEEPS = 20
"""Most sweeps of coordinate descent; it stops when a sweep changes nothing."""


def nearest_plane(
    triangle: Floats, right: Floats, lower: Bounds, upper: Bounds, steps: Floats | None = None
) -> Floats:
    """Babai's nearest plane; ``right``, ``lower``, ``upper``, ``steps`` [C, K].

    ``triangle`` is the lower triangle L with L L' = A (``algorithms.cholesky``).
    """
    return round_planes(triangle, in_planes(triangle, right), lower, upper, steps)


def _on_grid(values: Floats, box: Box, k: int) -> Floats:
    """The nearest multiples f64[C] of value ``k``'s steps (None: of 1) with factors in the box."""
    lower, upper = box.lower[:, k], box.upper[:, k]
    if box.steps is None:
        whole: Floats = np.minimum(np.maximum(np.rint(values), lower), upper)
        return whole
    counts: Floats = np.minimum(np.maximum(np.rint(values / box.steps[:, k]), lower), upper)
    return counts * box.steps[:, k]


def in_planes(triangle: Floats, right: Floats) -> Floats:
    """L^-1 right, f64[C, K]: what L'd should be. Linear in ``right``, row by row."""
    left = forward(triangle, right[..., None] if triangle.ndim == 3 else right.T)
    return np.ascontiguousarray(left[..., 0] if triangle.ndim == 3 else left.T)


def round_planes(
    triangle: Floats, left: Floats, lower: Bounds, upper: Bounds, steps: Floats | None = None
) -> Floats:
    """Integers d f64[C, K] whose L'd is near ``left`` [C, K], one value after the other."""
    # From the last value on, each equation of L'd = left holds one new unknown.
    left, triangle = left.copy(order="C"), np.ascontiguousarray(triangle)
    result, box = np.zeros_like(left), Box.of(lower, upper, steps)
    rounded = round_block if usable() else _round_block
    for end in range(left.shape[1], 0, -BLOCK):
        begin = max(end - BLOCK, 0)
        rounded(triangle, left, box, slice(begin, end), result)
        if begin:
            left[:, :begin] -= _products(result[:, begin:end], triangle[..., begin:end, :begin])
    return result


def _round_block(triangle: Floats, left: Floats, box: Box, block: slice, result: Floats) -> None:
    """As ``compiled.planes.round_block``."""
    for k in range(block.stop - 1, block.start - 1, -1):
        result[:, k] = _on_grid(left[:, k] / triangle[..., k, k], box, k)
        left[:, block.start : k] -= result[:, k, None] * triangle[..., k, block.start : k]


def _products(whole: Floats, triangle: Floats) -> Floats:
    """``whole`` [C, N] times ``triangle`` [N, M] or [C, N, M]."""
    if triangle.ndim == 3:
        return whole_product(whole[:, None, :], triangle)[:, 0]
    return whole_product(whole, triangle)


def coordinate_descent(
    matrix: Floats,
    right: Floats,
    start: Floats,
    lower: Bounds,
    upper: Bounds,
    *,
    steps: Floats | None = None,
) -> Floats:
    """Improve ``start`` one integer at a time until no single change helps."""
    result, matrix = start.copy(order="C"), np.ascontiguousarray(matrix)
    gradient = np.ascontiguousarray(_products(result, matrix) - right)
    box = Box.of(lower, upper, steps)
    (descend if usable() else _descend)(matrix, box, SWEEPS, result, gradient)
    return result


def descent_sweep(
    matrix: Floats, gradient: Floats, start: Floats, lower: Bounds, upper: Bounds
) -> Floats:
    """``start`` [C, K] after one sweep over its integers; ``gradient`` [C, K] is that of it."""
    result, slope = start.copy(order="C"), gradient.copy(order="C")
    box = Box.of(lower, upper, None)
    (descend if usable() else _descend)(np.ascontiguousarray(matrix), box, 1, result, slope)
    return result


def _descend(matrix: Floats, box: Box, sweeps: int, result: Floats, gradient: Floats) -> None:
    """As ``compiled.planes.descend``."""
    for _ in range(sweeps):
        moved = False
        for k in range(result.shape[1]):
            best = result[:, k] - gradient[:, k] / matrix[..., k, k]
            change = _on_grid(best, box, k) - result[:, k]
            rows = np.flatnonzero(change)
            if rows.size:
                moved = True
                result[rows, k] += change[rows]
                column = matrix[rows, k] if matrix.ndim == 3 else matrix[k]
                gradient[rows] += change[rows, None] * column
        if not moved:
            break
