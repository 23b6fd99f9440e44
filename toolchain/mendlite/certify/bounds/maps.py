"""Linear maps of flat vectors: dense matrices, and convolutions as gathered taps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """``y = matrix @ x``, ``matrix`` f64[N, K]."""

    matrix: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(N, K)."""
        return self.matrix.shape[0], self.matrix.shape[1]

    @property
    def taps(self) -> int:
        """Most products in one sum, forward or backward."""
        return max(self.matrix.shape)

    def forward(self, x: Floats) -> Floats:
        """``y`` [..., N] of ``x`` [..., K]."""
        return x @ self.matrix.T

    def backward(self, rows: Floats) -> Floats:
        """``rows @ matrix``: coefficients [M, K] of x from those [M, N] of y."""
        return rows @ self.matrix

    @property
    def entries(self) -> int:
        """Products in all."""
        return self.matrix.size

    def magnitude(self) -> Dense:
        """The map of absolute values."""
        return Dense(matrix=np.abs(self.matrix))

    def matrix_rows(self, chosen: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], Floats]]:
        """(columns, values) of the rows ``chosen``, without zeros."""
        rows = []
        for row in self.matrix[chosen]:
            columns = np.flatnonzero(row)
            rows.append((columns, row[columns]))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """``y[n] = sum_k weight[n, k] * x[index[n, k]]``; index i64[N, K'], weight f64[N, K'].

    ``columns`` is the length of x. Taps on padding have weight 0.
    """

    index: NDArray[np.int64]
    weight: Floats
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """(N, K)."""
        return self.index.shape[0], self.columns

    @property
    def taps(self) -> int:
        """Most products in one sum, forward or backward: a bound."""
        return max(self.index.shape[1], self.index.size // max(self.columns, 1) + self.index.size)

    def forward(self, x: Floats) -> Floats:
        """``y`` [..., N] of ``x`` [..., K]."""
        rows = x.reshape(-1, x.shape[-1])
        y = np.empty((len(rows), len(self.index)))
        for target, row in zip(y, rows, strict=True):  # a row at a time: taps are many
            target[:] = np.einsum("nk,nk->n", row[self.index], self.weight)
        return y.reshape(*x.shape[:-1], -1)

    def backward(self, rows: Floats) -> Floats:
        """Coefficients [M, K] of x from those [M, N] of y."""
        flat = self.index.reshape(-1)
        coefficients = np.empty((len(rows), self.columns))
        for target, row in zip(coefficients, rows, strict=True):
            terms = (row[:, None] * self.weight).reshape(-1)
            target[:] = np.bincount(flat, terms, self.columns)
        return coefficients

    @property
    def entries(self) -> int:
        """Products in all."""
        return self.weight.size

    def magnitude(self) -> Gather:
        """The map of absolute values."""
        return Gather(index=self.index, weight=np.abs(self.weight), columns=self.columns)

    def matrix_rows(self, chosen: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], Floats]]:
        """(columns, values) of the rows ``chosen``, without zeros; columns may repeat."""
        rows = []
        for columns, values in zip(self.index[chosen], self.weight[chosen], strict=True):
            kept = values != 0
            rows.append((columns[kept], values[kept]))
        return rows


Map = Dense | Gather


def _combined(first: Map, second: Map, combine: Callable[[Floats, Floats], Floats]) -> Map:
    if isinstance(first, Dense) and isinstance(second, Dense):
        return Dense(matrix=combine(first.matrix, second.matrix))
    if isinstance(first, Gather) and isinstance(second, Gather):
        weight = combine(first.weight, second.weight)
        return Gather(index=first.index, weight=weight, columns=first.columns)
    raise TypeError("maps of different structure")


def difference(first: Map, second: Map) -> Map:
    """``second`` less ``first``, which have the same structure."""
    return _combined(first, second, lambda a, b: b - a)


def total(first: Map, second: Map) -> Map:
    """``|first| + |second|``: what the rounding of their difference is relative to."""
    return _combined(first, second, lambda a, b: np.abs(a) + np.abs(b))


def identity(count: int) -> Gather:
    """``y = x``."""
    return Gather(index=np.arange(count)[:, None], weight=np.ones((count, 1)), columns=count)
