"""Cholesky's factor and the solution behind it, with the same bits on every machine.

LAPACK's differ in their last bits from one processor to the next, and a number that lies near a
tie is then rounded to another integer. Here columns are eliminated by operations of whole arrays,
in blocks; what a block does to all behind it is a product of ``arith.exact_products``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import real_product

Floats = NDArray[np.float64]

BLOCK = 48
"""Columns eliminated at a time."""

STRIP = 512
"""Columns of what is left that a block is taken out of at a time."""


def cholesky(matrix: Floats) -> Floats:
    """Lower triangle L, f64[..., K, K], with L L' = ``matrix``.

    A stack of matrices is eliminated together, column by column. Raises LinAlgError where a
    pivot is not positive.
    """
    rest = matrix.astype(np.float64)
    if rest.ndim > 2:
        return np.tril(_eliminated(rest, rest.shape[-1]))
    size = len(rest)
    for begin in range(0, size, BLOCK):
        part = rest[begin:, begin:]
        count = min(BLOCK, size - begin)
        part[:, :count] = _eliminated(part[:, :count], count)
        below = part[count:, :count]
        for first in range(0, len(below), STRIP):
            # Of a symmetric product the lower half is enough.
            strip = np.ascontiguousarray(below[first : first + STRIP].T)
            left = part[count + first :, count + first : count + first + STRIP]
            left -= real_product(below[first:], strip)
    return np.tril(rest)


def _eliminated(columns: Floats, count: int) -> Floats:
    """The first ``count`` columns [..., K, count] of the factor."""
    result = columns.copy()
    for k in range(count):
        pivot = result[..., k, k]
        if not np.all(pivot > 0):
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        result[..., k:, k] /= np.sqrt(pivot)[..., None]
        own = result[..., k + 1 : count, k]
        result[..., k + 1 :, k + 1 : count] -= result[..., k + 1 :, k, None] * own[..., None, :]
    return result


def solve_triangles(triangle: Floats, right: Floats) -> Floats:
    """X f64[..., K, C] with L L' x = ``right`` for the lower triangle L [..., K, K]."""
    upper = np.swapaxes(triangle, -1, -2)
    return _backward(upper, forward(triangle, right))


def forward(lower: Floats, right: Floats) -> Floats:
    """X f64[..., K, C] with L x = ``right`` for the lower triangle L [..., K, K]."""
    result, size = right.astype(np.float64), right.shape[-2]
    for begin in range(0, size, BLOCK):
        end = min(begin + BLOCK, size)
        for k in range(begin, end):
            result[..., k, :] /= lower[..., k, k, None]
            column = lower[..., k + 1 : end, k, None]
            result[..., k + 1 : end, :] -= column * result[..., k, None, :]
        _carry(lower, result, slice(begin, end), slice(end, size))
    return result


def _backward(upper: Floats, right: Floats) -> Floats:
    """X with ``upper`` x = ``right``."""
    result, size = right.astype(np.float64), right.shape[-2]
    for end in range(size, 0, -BLOCK):
        begin = max(end - BLOCK, 0)
        for k in range(end - 1, begin - 1, -1):
            result[..., k, :] /= upper[..., k, k, None]
            column = upper[..., begin:k, k, None]
            result[..., begin:k, :] -= column * result[..., k, None, :]
        _carry(upper, result, slice(begin, end), slice(0, begin))
    return result


def _carry(triangle: Floats, result: Floats, known: slice, rest: slice) -> None:
    """Take the share of the ``known`` rows out of the ``rest``, in place."""
    if rest.start >= rest.stop:
        return
    if triangle.ndim == 2:
        result[rest] -= real_product(np.ascontiguousarray(triangle[rest, known]), result[known])
        return
    for k in range(known.start, known.stop):
        result[..., rest, :] -= triangle[..., rest, k, None] * result[..., k, None, :]
