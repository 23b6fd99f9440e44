"""Least squares of a layer with more inputs than rows, without a matrix of all inputs.

A dense layer behind a FLATTEN has thousands of inputs, and a row for each sample. The Gram matrix
of S rows X of K inputs has rank S. With a ridge r on its diagonal

    (r + X'X)^-1 b = (b - X' (r + XX')^-1 X b) / r        (Woodbury; Hager 1989)

so the optimum needs a factor of S x S. Nearest plane needs, for a block B of inputs with those
behind it rounded and those before it (E) free, the Schur complement of their matrix: by the same
identity r (1 + B' (r + EE')^-1 B). The factor of 5,408 inputs is 160 times the work of that of
1,000 rows, and is never formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.cholesky import cholesky, forward, solve_triangles
from mendlite.algorithms.nearest_plane import SWEEPS, descent_sweep, nearest_plane
from mendlite.algorithms.normal import Centred, PulledMore, pull_of
from mendlite.algorithms.row_sums import ResidualSums, RowSums
from mendlite.arith.exact_products import fine_whole_product, real_product
from mendlite.arith.ordered_sums import ordered_mean, ordered_sum
from mendlite.model.layer_system import LayerSystem

Floats = NDArray[np.float64]
Bounds = NDArray[np.int64]

INPUTS, ROWS = 512, 2048
"""Inputs from which a layer is wide, and rows up to which: else the matrix of all inputs is small,
or no larger than the factors of the rows would be together."""

BLOCK = 512
"""Inputs that are rounded together."""


def is_wide(system: LayerSystem) -> bool:
    """Whether the layer has many inputs, and at most half as many rows."""
    inputs, rows = system.weights.shape[1], len(system.rows)
    return not system.depthwise and inputs >= INPUTS and 0 < 2 * rows <= inputs and rows <= ROWS


def equations_of(system: LayerSystem) -> Centred | WideRows:
    """The rows of a system, less their mean where a bias takes it."""
    return centred(system, sums_of(system))


def sums_of(system: LayerSystem) -> RowSums | None:
    """Sums over the rows of a system; None where it is wide."""
    return None if is_wide(system) else RowSums.of(system)


def centred(system: LayerSystem, sums: RowSums | None) -> Centred | WideRows:
    """The rows of a system whose ``sums_of`` are known."""
    if sums is None:
        return WideRows.of(system)
    return Centred.of(sums, has_bias=system.bias is not None)


@dataclass(frozen=True, kw_only=True)
class WideRows:
    """Whole rows ``values`` f64[S, K], to be taken less ``mean`` f64[K]; ``total`` is their sum.

    The mean is zero where no bias takes it.
    """

    values: Floats
    mean: Floats
    total: Floats

    @staticmethod
    def of(system: LayerSystem) -> WideRows:
        """The rows of a system."""
        values = np.asarray(system.rows, np.float64)
        total = np.ones(len(values)) @ values
        mean = np.zeros_like(total) if system.bias is None else total / len(values)
        return WideRows(values=values, mean=mean, total=total)

    def with_ridge(self, ridge: float) -> WideNormal:
        """The normal equations, ``ridge`` relative to the mean diagonal; at least 1 is added."""
        return WideNormal(rows=self, ridge=np.maximum(ridge * self.mean_square, 1.0))

    @cached_property
    def mean_square(self) -> Floats:
        """The mean f64[1] of the Gram matrix's diagonal."""
        squares = np.ones(len(self.values)) @ np.square(self.values)
        return ordered_mean(squares - len(self.values) * np.square(self.mean))[None]

    def times(self, right: Floats, part: slice = slice(None)) -> Floats:
        """Their products f64[S, C] with ``right`` f64[C, N], over a ``part`` of the inputs."""
        whole = fine_whole_product(self.values[:, part], np.ascontiguousarray(right.T))
        centred: Floats = whole - ordered_sum(right * self.mean[part], 1)
        return centred

    def against(self, values: Floats, part: slice = slice(None)) -> Floats:
        """The products f64[C, N] of a ``part`` of their inputs with ``values`` f64[S, C]."""
        whole = fine_whole_product(self.values[:, part].T, values).T
        return np.ascontiguousarray(whole - ordered_sum(values)[:, None] * self.mean[part])

    def times_gram(self, step: Floats) -> Floats:
        """``step`` f64[C, K] times the Gram matrix."""
        return self.against(self.times(step))

    def gram(self, part: slice) -> Floats:
        """The Gram matrix f64[N, N] of a ``part`` of the inputs."""
        own, mean = self.values[:, part], self.mean[part]
        gram: Floats = own.T @ own - len(own) * mean[:, None] * mean
        return gram

    @cached_property
    def kernel(self) -> Floats:
        """Products f64[S, S] of the rows, less the mean, over all inputs."""
        return self.between(self.values @ self.values.T)

    def between(self, whole: Floats) -> Floats:
        """Products f64[S, S] of the rows; ``whole`` are those before the mean is taken out."""
        if not self.mean.any():
            return whole
        # Sums of whole numbers: no order changes them.
        means = whole.sum(axis=1) / len(whole)
        centred: Floats = whole - means[:, None] - means + ordered_mean(means)
        return centred


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """Solves the normal equations with ``ridge`` f64[1]: ``factor`` f64[S, S] is of r + XX'."""

    rows: WideRows
    ridge: Floats
    factor: Floats

    @staticmethod
    def of(rows: WideRows, ridge: Floats) -> _Solution:
        factor = cholesky(rows.kernel + ridge * np.eye(len(rows.kernel)))
        return _Solution(rows=rows, ridge=ridge, factor=factor)

    def __call__(self, right: Floats) -> Floats:
        """The real solution f64[C, K] of ``right`` f64[C, K]."""
        inner = solve_triangles(self.factor, self.rows.times(right))
        solution: Floats = (right - self.rows.against(inner)) / self.ridge
        return solution


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Inputs ``part`` that are rounded together, those before them free.

    ``factor`` f64[S, S] is of K = r + EE' over the inputs E before; ``half`` f64[S, N] is its
    inverse times the block's inputs; ``triangle`` f64[N, N] is of what they leave of the block's
    matrix, which is ``matrix`` with all other inputs held.
    """

    part: slice
    factor: Floats
    half: Floats
    triangle: Floats
    matrix: Floats

    @staticmethod
    def of(rows: WideRows, ridge: Floats, part: slice, before: Floats) -> _Block:
        """Of the inputs ``part``; ``before`` f64[S, S] are the products of the rows before it."""
        factor = cholesky(rows.between(before) + ridge * np.eye(len(before)))
        half = forward(factor, rows.values[:, part] - rows.mean[part])
        one = np.eye(half.shape[1])
        return _Block(
            part=part,
            factor=factor,
            half=half,
            triangle=cholesky(ridge * (one + real_product(np.ascontiguousarray(half.T), half))),
            matrix=rows.gram(part) + ridge * one,
        )

    def made_up(self, reached: Floats) -> Floats:
        """The block's inputs times K^-1 ``reached`` f64[S, C]: f64[C, N]."""
        return real_product(np.ascontiguousarray(forward(self.factor, reached).T), self.half)


def _blocks(rows: WideRows, ridge: Floats) -> Iterator[_Block]:
    """All inputs in blocks, from the first."""
    before = np.zeros((len(rows.values), len(rows.values)))
    for begin in range(0, rows.values.shape[1], BLOCK):
        last = rows.values[:, max(begin - BLOCK, 0) : begin]
        before = before + last @ last.T
        yield _Block.of(rows, ridge, slice(begin, begin + BLOCK), before)


@dataclass(frozen=True, kw_only=True)
class WideNormal:
    """The normal equations of wide rows with a ``ridge`` f64[1] on the diagonal."""

    rows: WideRows
    ridge: Floats

    @property
    def total(self) -> Floats:
        """The sum of the rows f64[K], whole numbers."""
        return self.rows.total

    def pull(self, system: LayerSystem, left: ResidualSums, weights: Bounds) -> Floats:
        """As ``Normal.pull``."""
        return pull_of(self.rows.mean, self.ridge, system, left, weights)

    def as_they_are(self) -> PulledMore:
        """The equations without a stronger pull."""
        return PulledMore(addition=np.zeros(1), solve=_Solution.of(self.rows, self.ridge))

    def pulled_more(self, pull: float) -> PulledMore | None:
        """As ``Normal.pulled_more``."""
        addition = pull * self.rows.mean_square - self.ridge
        if not np.all(addition > 0):
            return None
        return PulledMore(addition=addition, solve=_Solution.of(self.rows, self.ridge + addition))

    @cached_property
    def blocks(self) -> tuple[_Block, ...]:
        """All inputs, in the blocks that are rounded together."""
        return tuple(_blocks(self.rows, self.ridge))

    def rounded(self, right: Floats, lower: Bounds, upper: Bounds) -> Floats:
        """As ``Normal.rounded``."""
        return self._descended(right, self._planes(right, lower, upper), lower, upper)

    def _planes(self, right: Floats, lower: Bounds, upper: Bounds) -> Floats:
        """Babai's nearest plane, the last block first.

        With ``behind`` f64[S, C], the rows' products with what was rounded, and ``pulled``, those
        with ``right`` of the free inputs, a block is pulled by right - B' K^-1 (pulled + r behind).
        """
        rows, result = self.rows, np.zeros_like(right)
        parts = (rows.times(right[:, block.part], block.part) for block in self.blocks)
        behind = np.zeros((len(rows.values), len(right)))
        before = list(accumulate(parts, initial=behind))
        for block, pulled in zip(reversed(self.blocks), reversed(before[:-1]), strict=True):
            own = right[:, block.part] - block.made_up(pulled + self.ridge * behind)
            bounds = lower[:, block.part], upper[:, block.part]
            result[:, block.part] = nearest_plane(block.triangle, own, *bounds)
            behind = behind + rows.times(result[:, block.part], block.part)
        return result

    def _descended(self, right: Floats, start: Floats, lower: Bounds, upper: Bounds) -> Floats:
        """One integer at a time, block after block, until no single change helps.

        Channels are apart: one that a sweep leaves as it was is left alone from then on.
        """
        result, left = start.copy(), np.arange(len(start))
        reached = self.rows.times(result)
        for _ in range(SWEEPS):
            found, reached = self._swept(
                result[left], reached, right[left], lower[left], upper[left]
            )
            moved = np.any(found != result[left], axis=1)
            result[left] = found
            left, reached = left[moved], reached[:, moved]
            if not left.size:
                break
        return result

    def _swept(
        self, start: Floats, reached: Floats, right: Floats, lower: Bounds, upper: Bounds
    ) -> tuple[Floats, Floats]:
        """Each integer of ``start`` [C, K] once; its products f64[S, C] with the rows, behind that.

        ``reached`` are those of ``start``.
        """
        rows, result = self.rows, start.copy()
        for block in self.blocks:
            part, before = block.part, result[:, block.part].copy()
            gradient = rows.against(reached, part) + self.ridge * before - right[:, part]
            bounds = lower[:, part], upper[:, part]
            result[:, part] = descent_sweep(block.matrix, gradient, before, *bounds)
            change = result[:, part] - before
            if change.any():
                reached = reached + rows.times(change, part)
        return result, reached
