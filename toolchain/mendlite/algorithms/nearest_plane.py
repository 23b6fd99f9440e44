"""Round the optimum of an integer quadratic: Babai's nearest plane, then single steps.

Both minimise d'Ad - 2 right'd over integers d f64[C, K] within a box, a row of ``right`` a problem.
The matrix A is positive definite, [K, K] for all problems or [C, K, K], one for each. Nearest plane
rounds one value after the other, the last first, and lets the others make up for what it lost:
the ordering that GPTQ uses (Frantar et al. 2022).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.cholesky import BLOCK, forward
from mendlite.arith.exact_products import whole_product

Floats = NDArray[np.float64]
Bounds = NDArray[np.int64]

SWEEPS = 20
"""Most sweeps of coordinate descent; it stops when a sweep changes nothing."""


def nearest_plane(triangle: Floats, right: Floats, lower: Bounds, upper: Bounds) -> Floats:
    """Babai's nearest plane; ``right``, ``lower``, ``upper`` [C, K].

    ``triangle`` is the lower triangle L with L L' = A (``arith.cholesky``).
    """
    return round_planes(triangle, in_planes(triangle, right), lower, upper)


def in_planes(triangle: Floats, right: Floats) -> Floats:
    """L^-1 right, f64[C, K]: what L'd should be. Linear in ``right``, row by row."""
    left = forward(triangle, right[..., None] if triangle.ndim == 3 else right.T)
    return np.ascontiguousarray(left[..., 0] if triangle.ndim == 3 else left.T)


def round_planes(triangle: Floats, left: Floats, lower: Bounds, upper: Bounds) -> Floats:
    """Integers d f64[C, K] whose L'd is near ``left`` [C, K], one value after the other."""
    # From the last value on, each equation of L'd = left holds one new unknown.
    left = left.copy()
    result = np.zeros_like(left)
    for end in range(left.shape[1], 0, -BLOCK):
        begin = max(end - BLOCK, 0)
        for k in range(end - 1, begin - 1, -1):
            centre = left[:, k] / triangle[..., k, k]
            result[:, k] = np.minimum(np.maximum(np.rint(centre), lower[:, k]), upper[:, k])
            left[:, begin:k] -= result[:, k, None] * triangle[..., k, begin:k]
        if begin:
            left[:, :begin] -= _products(result[:, begin:end], triangle[..., begin:end, :begin])
    return result


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
) -> Floats:
    """Improve ``start`` one integer at a time until no single change helps."""
    result = start.copy()
    gradient = _products(result, matrix) - right
    for _ in range(SWEEPS):
        moved = False
        for k in range(right.shape[1]):
            best = np.rint(result[:, k] - gradient[:, k] / matrix[..., k, k])
            step = np.minimum(np.maximum(best, lower[:, k]), upper[:, k]) - result[:, k]
            rows = np.flatnonzero(step)
            if rows.size:
                moved = True
                result[rows, k] += step[rows]
                column = matrix[rows, k] if matrix.ndim == 3 else matrix[k]
                gradient[rows] += step[rows, None] * column
        if not moved:
            break
    return result
