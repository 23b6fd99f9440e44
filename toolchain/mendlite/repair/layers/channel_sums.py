"""Sums, squares and ends of the channels of float tensors, compiled where the machine allows it.

numpy and the compiled code add in one order (``arith.ordered_sums``): the numbers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import ordered_mean, ordered_sum
from mendlite.compiled import moments
from mendlite.compiled.moments import Moment
from mendlite.compiled.trial import usable

Array = NDArray[np.float64]


def _compiled(values: NDArray[Any]) -> bool:
    return values.dtype == np.float32 and len(values) > 0 and usable()


def ends_of(rows: NDArray[Any]) -> tuple[Array, Array]:
    """The smallest and largest f64[C] of rows [S, C], S > 0."""
    if _compiled(rows):
        low, high = moments.channel_ends(rows)
    else:
        low, high = rows.min(axis=0), rows.max(axis=0)
    return low.astype(np.float64), high.astype(np.float64)


def sum_of_squares(rows: NDArray[Any]) -> Array:
    """Sum f64[C] of the squares of rows [S, C]."""
    if _compiled(rows):
        return moments.ordered_moment(rows, Moment.SQUARE)
    return ordered_sum(np.square(rows.astype(np.float64)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedSums:
    """Values [n, positions, C] whose sums over what a consumer reads are taken, clipped or not.

    It reads each value, or with ``averaged`` the mean over all positions of a sample.
    """

    values: NDArray[Any]
    means: Array | None
    """f64[n, C] where they are averaged."""

    @staticmethod
    def of(values: NDArray[Any], *, averaged: bool) -> ClippedSums:
        """The sums of these values; copied where they do not lie one after the other."""
        held = np.ascontiguousarray(values)
        means = ordered_mean(held.astype(np.float64), 1) if averaged else None
        return ClippedSums(values=held, means=means)

    @property
    def count(self) -> int:
        """What a sum adds up."""
        return len(self._rows if self.means is None else self.means)

    @property
    def _rows(self) -> NDArray[Any]:
        return self.values.reshape(-1, self.values.shape[2])

    def ends(self) -> tuple[Array, Array]:
        """The smallest and largest value f64[C]."""
        return ends_of(self._rows)

    def plain(self) -> tuple[Array, Array]:
        """Sums f64[C] of what is read and of its squares."""
        if self.means is not None:
            return ordered_sum(self.means), ordered_sum(self.means * self.means)
        if _compiled(self._rows):
            first = moments.ordered_moment(self._rows, Moment.VALUE)
            return first, sum_of_squares(self._rows)
        exact = self._rows.astype(np.float64)
        return ordered_sum(exact), ordered_sum(exact * exact)

    def clipped(self, ends: tuple[float, float], out: NDArray[np.bool_]) -> tuple[Array, ...]:
        """Sums of the clipped values, of their squares and of their products with the exact ones.

        f64 of the channels ``out`` bool[C].
        """
        if self.means is None and _compiled(self._rows):
            of = (Moment.CLIPPED, Moment.CLIPPED_SQUARE, Moment.PRODUCT)
            return tuple(moments.ordered_moment(self._rows, each, ends, out)[out] for each in of)
        if self.means is None:
            exact = self._rows[:, out].astype(np.float64)
            clipped = np.clip(exact, *ends)
        else:
            exact, clipped = self.means[:, out], self._clipped_means(ends, out)
        return (
            ordered_sum(clipped),
            ordered_sum(clipped * clipped),
            ordered_sum(exact * clipped),
        )

    def _clipped_means(self, ends: tuple[float, float], out: NDArray[np.bool_]) -> Array:
        """Means f64[n, C] over the positions of the clipped values."""
        if not _compiled(self._rows):
            return ordered_mean(np.clip(self.values[..., out].astype(np.float64), *ends), 1)
        positions = max(self.values.shape[1], 1)
        sums = [moments.ordered_moment(x, Moment.CLIPPED, ends, out)[out] for x in self.values]
        means: Array = np.stack(sums) / positions
        return means
