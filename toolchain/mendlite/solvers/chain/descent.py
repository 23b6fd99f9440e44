"""Integer coordinate descent on the weighted hinge loss of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import EXACT_BITS, bits_of, round_to_grid
from mendlite.arith.ordered_sums import total_of

Floats = NDArray[np.float64]

CANDIDATES = 12
"""Coordinates that are tried exactly, of those whose gradient promises most."""

STEPS = (1.0, 4.0, 16.0, 64.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaBounds:
    """The bounds f64[K] of the deltas, whole numbers."""

    low: Floats
    high: Floats

    def within(self, largest: int) -> DeltaBounds:
        """The part of the box with |delta| <= ``largest``."""
        return DeltaBounds(low=np.maximum(self.low, -largest), high=np.minimum(self.high, largest))

    def clip(self, values: Floats) -> Floats:
        """The nearest whole numbers in the box."""
        clipped: Floats = np.clip(np.rint(values), self.low, self.high)
        return clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows ``matrix @ delta >= need``, f64 whole numbers.

    ``cost`` f64[m] is what missing a row costs, ``size`` f64[m] its Euclidean norm: a row that is
    missed by one of its own size weighs its cost.
    """

    matrix: Floats
    need: Floats
    cost: Floats
    size: Floats

    @property
    def weight(self) -> Floats:
        """What missing a row by 1 weighs, f64[m]."""
        weight: Floats = self.cost / self.size
        return weight

    def some(self, keep: NDArray[np.bool_]) -> Rows:
        """The rows of a mask."""
        return Rows(
            matrix=self.matrix[keep],
            need=self.need[keep],
            cost=self.cost[keep],
            size=self.size[keep],
        )

    def missed(self, delta: Floats) -> NDArray[np.bool_]:
        """Rows that do not hold; exact."""
        missed: NDArray[np.bool_] = self.matrix @ delta < self.need
        return missed


class _Descent:
    """A point that is moved: ``slack`` f64[m] of the rows there, and the weights as they grew."""

    def __init__(self, rows: Rows, box: DeltaBounds, start: Floats) -> None:
        self.rows, self.box, self.delta = rows, box, start.copy()
        self.columns = np.ascontiguousarray(rows.matrix.T)
        self.slack = rows.matrix @ start - rows.need
        self.weight = rows.weight
        largest = float(np.abs(rows.matrix).max(initial=1.0))
        self.bits = EXACT_BITS - bits_of(largest * max(len(rows.matrix), 1))
        widest = max(1.0, float((box.high - box.low).max(initial=0.0)) / 2)
        self.steps = np.array([step for step in STEPS if step <= widest])

    def missed(self) -> NDArray[np.int64]:
        """The rows that do not hold."""
        return np.flatnonzero(self.slack < 0)

    def move(self, missed: NDArray[np.int64]) -> bool:
        """Take the move that lowers the loss most; False where none of the candidates does."""
        box, pull = self.box, self._pull(missed)
        reachable = np.where(pull > 0, box.high - self.delta, self.delta - box.low)
        promise = np.where(reachable > 0, np.abs(pull), 0.0)
        count = min(CANDIDATES, promise.size)
        chosen = _largest(promise, count)
        chosen = chosen[promise[chosen] > 0]
        if not chosen.size:
            return False
        signed = np.minimum(self.steps[:, None], reachable[chosen]) * np.sign(pull[chosen])
        slack = self.slack + signed[:, :, None] * self.columns[chosen]
        there, here = -np.minimum(slack, 0.0), -np.minimum(self.slack, 0.0)
        reach = max(float(there.max(initial=1.0)), float(here.max(initial=1.0))) * len(here)
        weight = round_to_grid(self.weight, EXACT_BITS - bits_of(reach), 0)
        loss = there @ weight
        where = np.unravel_index(int(np.argmin(loss)), loss.shape)
        if loss[where] >= float(here @ weight):
            return False
        self.delta[chosen[where[1]]] += signed[where]
        self.slack = slack[where]
        return True

    def _pull(self, missed: NDArray[np.int64]) -> Floats:
        """Slope of the loss f64[K], the weights rounded so that their sum is exact."""
        weight = round_to_grid(self.weight[missed], self.bits, 0)
        slope: Floats = weight @ self.rows.matrix[missed]
        return slope


def _largest(values: Floats, count: int) -> NDArray[np.int64]:
    """Indices of the ``count`` largest, rising; of equal ones the first (argpartition: any)."""
    least = np.partition(values, values.size - count)[values.size - count]
    above, equal = np.flatnonzero(values > least), np.flatnonzero(values == least)
    return np.sort(np.concatenate([above, equal[: count - above.size]]))


def descend(rows: Rows, box: DeltaBounds, start: Floats, moves: int) -> tuple[Floats, float]:
    """The point of least cost on a descent from ``start``, and what its missed rows cost.

    Each move changes one delta so that the weighted hinge loss falls most. Where none helps, the
    missed rows weigh more (breakout local search), and another move may help.
    """
    descent, heavier = _Descent(rows, box, start), rows.weight
    best, least = descent.delta.copy(), np.inf
    for _ in range(moves + 1):
        missed = descent.missed()
        cost = total_of(rows.cost[missed])
        if cost < least:
            best, least = descent.delta.copy(), cost
        if not missed.size:
            break
        if not descent.move(missed):
            descent.weight[missed] += heavier[missed]
    return best, least
