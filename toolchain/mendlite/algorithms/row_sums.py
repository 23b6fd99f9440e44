"""What least squares needs of a layer's rows: sums over them, a few rows at a time.

All are sums of whole numbers, exact in any order. A large layer has some 10**8 distances: they are
never held together, and what is worked on stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.row_products import (
    by_channel,
    with_distances,
    with_each_other,
    with_weights,
)
from mendlite.algorithms.system import column_sums, residuals, squared_error
from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerSystem

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

T = TypeVar("T", bound=np.generic)

PART_VALUES = 2**19
"""Values of the rows, or of the outputs, that are worked on together."""


def row_parts(system: LayerSystem) -> Iterator[LayerSystem]:
    """The system's rows in order, some at a time; one part without rows where there are none."""
    count = len(system.rows)
    width = max(system.rows[:1].size, len(system.weights), 1)
    size = max(1, PART_VALUES // width)
    for begin in range(0, max(count, 1), size):
        yield system.of_rows(slice(begin, begin + size))


def squares_of(system: LayerSystem) -> NDArray[np.int64]:
    """Sums of squared distances i64[C] from the targets, in squared target units.

    Exact for up to 2**18 rows.
    """
    total = np.zeros(len(system.weights), np.int64)
    for _, residual in _distances(system):
        total += squared_error(residual)
    return total


def one_sided(system: LayerSystem) -> NDArray[np.bool_]:
    """The channels bool[C] with a target of more than one value."""
    found = np.zeros(len(system.weights), np.bool_)
    for part in row_parts(system):
        found |= np.any(part.low != part.high, axis=0)
    return found


def _distances(
    system: LayerSystem, channels: Places | None = None
) -> Iterator[tuple[LayerSystem, NDArray[np.int64]]]:
    """Each part of the rows with its distances i64[S, C] from the targets."""
    own = system if channels is None else system.without_targets().of_channels(channels)
    products = with_weights(own)
    for part in row_parts(system):
        chosen = part if channels is None else _targeted(own, part, channels)
        acc = products(chosen.rows)
        yield chosen, residuals(chosen, acc if own.bias is None else acc + own.bias)


def _targeted(own: LayerSystem, part: LayerSystem, channels: Places) -> LayerSystem:
    """The ``channels`` of a part of the rows; their other values are ``own``, copied once."""
    return replace(
        own,
        rows=part.rows[:, channels] if part.depthwise else part.rows,
        low=part.low[:, channels],
        high=part.high[:, channels],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualSums:
    """Sums over the rows of the distances that a system leaves, in target units.

    ``squares`` i64[C]; ``total`` i64[C] of the distances; ``correlation`` f64[C, K] of their
    products with the rows, whole numbers below 2**53. ``unlimited`` bool[C] is true only where
    every distance is smaller than the largest that is counted.
    """

    squares: NDArray[np.int64]
    total: NDArray[np.int64]
    correlation: Floats
    unlimited: NDArray[np.bool_]

    @staticmethod
    def of(system: LayerSystem, channels: Places | None = None) -> ResidualSums:
        """Of the system's own weights and bias; of the ``channels`` at these places alone."""
        count = len(system.weights) if channels is None else len(channels)
        sums = ResidualSums(
            squares=np.zeros(count, np.int64),
            total=np.zeros(count, np.int64),
            correlation=np.zeros((count, system.weights.shape[1])),
            unlimited=np.ones(count, np.bool_),
        )
        for part, residual in _distances(system, channels):
            squares = squared_error(residual)
            # In place: of this part's own size, not one more array a part.
            np.add(sums.squares, squares, out=sums.squares)
            np.logical_and(sums.unlimited, squares < RESIDUAL_LIMIT**2, out=sums.unlimited)
            np.add(sums.total, column_sums(residual), out=sums.total)
            products = with_distances(part.rows, residual)
            np.add(sums.correlation, products, out=sums.correlation)
        return sums

    def __add__(self, other: ResidualSums) -> ResidualSums:
        """Of the rows of both."""
        return ResidualSums(
            squares=self.squares + other.squares,
            total=self.total + other.total,
            correlation=self.correlation + other.correlation,
            unlimited=self.unlimited & other.unlimited,
        )

    def of_channels(self, channels: Places) -> ResidualSums:
        """Those of the channels at these places."""
        return ResidualSums(
            squares=self.squares[channels],
            total=self.total[channels],
            correlation=self.correlation[channels],
            unlimited=self.unlimited[channels],
        )

    def with_channels(self, channels: Places, others: ResidualSums) -> ResidualSums:
        """These with ``others`` for the channels at these places."""
        return ResidualSums(
            squares=placed(self.squares, channels, others.squares),
            total=placed(self.total, channels, others.total),
            correlation=placed(self.correlation, channels, others.correlation),
            unlimited=placed(self.unlimited, channels, others.unlimited),
        )


def placed(values: NDArray[T], channels: Places, others: NDArray[T]) -> NDArray[T]:
    """A copy of ``values`` [C, ...] with ``others`` [N, ...] for the channels at these places."""
    result = values.copy()
    result[channels] = others
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSums:
    """Sums over ``count`` rows: ``total`` f64[..., K], and ``gram`` f64[..., K, K], their products.

    Whole numbers below 2**53 for up to 2**18 rows. Those of a depthwise layer have a first axis of
    channels.
    """

    count: int
    total: Floats
    gram: Floats

    @staticmethod
    def of(system: LayerSystem) -> RowSums:
        """Of a layer's rows."""
        return RowSums.of_parts(part.rows for part in row_parts(system))

    @staticmethod
    def of_parts(parts: Iterable[NDArray[Any]]) -> RowSums:
        """Of whole rows [S, K] or [S, C, K] that come in parts, at least one."""
        count, total, gram = 0, np.zeros(()), np.zeros(())
        for rows in parts:
            count += len(rows)
            # A product with ones adds integers exactly, and takes a fraction of the time of sum.
            total = total + np.ones(len(rows)) @ by_channel(rows)
            gram = gram + with_each_other(rows)
        return RowSums(count=count, total=total, gram=gram)

    def __add__(self, other: RowSums) -> RowSums:
        """Of the rows of both."""
        return RowSums(
            count=self.count + other.count,
            total=self.total + other.total,
            gram=self.gram + other.gram,
        )
