"""Cholesky's factor and the solution behind it, with the same bits on every machine.

LAPACK's differ in their last bits from one processor to the next, and a number that lies near a
tie is then rounded to another integer. Here columns are eliminated by operations of whole arrays,
in blocks, compiled where the machine allows it; what a block does to all behind it is a product of
``arith.exact_products``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import real_product
from mendlite.compiled.trial import usable
from mendlite.compiled.triangles import solve_block

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
    if columns.ndim > 2 or columns.shape[0] == count or not usable():
        return _by_columns(columns, count)[0]
    square, roots = _by_columns(columns[:count], count)
    below = np.ascontiguousarray(columns[count:].T)
    solve_block(square, roots, below)
    return np.concatenate([square, below.T])


def _by_columns(columns: Floats, count: int) -> tuple[Floats, Floats]:
    """Those columns, one after the other, and the pivots' roots [..., count]."""
    result, roots = columns.copy(), np.empty((*columns.shape[:-2], count))
    for k in range(count):
        pivot = result[..., k, k]
        if not np.all(pivot > 0):
            raise np.linalg.LinAlgError("the matrix is not positive definite")
        roots[..., k] = np.sqrt(pivot)
        result[..., k:, k] /= roots[..., k, None]
        own = result[..., k + 1 : count, k]
        result[..., k + 1 :, k + 1 : count] -= result[..., k + 1 :, k, None] * own[..., None, :]
    return result, roots


def solve_triangles(triangle: Floats, right: Floats) -> Floats:
    """X f64[..., K, C] with L L' x = ``right`` for the lower triangle L [..., K, K]."""
    upper = np.swapaxes(triangle, -1, -2)
    return _backward(upper, forward(triangle, right))


def forward(lower: Floats, right: Floats) -> Floats:
    """X f64[..., K, C] with L x = ``right`` for the lower triangle L [..., K, K]."""
    result, size = np.array(right, np.float64, order="C"), right.shape[-2]
    for begin in range(0, size, BLOCK):
        block = slice(begin, min(begin + BLOCK, size))
        _solve(lower, result, block, backward=False)
        _carry(lower, result, block, slice(block.stop, size))
    return result


def _backward(upper: Floats, right: Floats) -> Floats:
    """X with ``upper`` x = ``right``."""
    result = np.array(right, np.float64, order="C")
    for end in range(right.shape[-2], 0, -BLOCK):
        block = slice(max(end - BLOCK, 0), end)
        _solve(upper, result, block, backward=True)
        _carry(upper, result, block, slice(0, block.start))
    return result


def _solve(triangle: Floats, result: Floats, block: slice, *, backward: bool) -> None:
    """Solve the rows of a ``block`` for what is left of them, in place."""
    own, rows = triangle[..., block, block], result[..., block, :]
    pivots = np.diagonal(own, axis1=-2, axis2=-1)
    if own.ndim == 2 and usable():
        solve_block(own, pivots, rows, backward=backward)
        return
    size = rows.shape[-2]
    for k in reversed(range(size)) if backward else range(size):
        rest = slice(0, k) if backward else slice(k + 1, size)
        rows[..., k, :] /= pivots[..., k, None]
        rows[..., rest, :] -= own[..., rest, k, None] * rows[..., k, None, :]


def _carry(triangle: Floats, result: Floats, known: slice, rest: slice) -> None:
    """Take the share of the ``known`` rows out of the ``rest``, in place."""
    if rest.start >= rest.stop:
        return
    if triangle.ndim == 2:
        result[rest] -= real_product(np.ascontiguousarray(triangle[rest, known]), result[known])
        return
    for k in range(known.start, known.stop):
        result[..., rest, :] -= triangle[..., rest, k, None] * result[..., k, None, :]
