"""How far a layer's weights should follow the rows, by rows that they were not fitted to.

What rows of a real error show (a clipped input, an earlier layer's loss) holds on other rows, too;
what they determine badly does not. The real optimum of the first half of the rows is computed with
each pull toward the float weights, and its squared error counted on the second half. Rows lie in
the order of their samples: the halves are of other samples.

The strongest pull is taken whose error there is within WORTH of the least. Rows that carry the
rounding errors of earlier layers make the optimum's weights too small (as in any regression on
noisy values): that lowers a layer's own error, and moves the network's outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.normal import Centred, pull_of
from mendlite.algorithms.row_sums import ResidualSums, RowSums
from mendlite.algorithms.wide_rows import WideRows, centred, equations_of, sums_of
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.model.layer_system import LayerSystem

Floats = NDArray[np.float64]

WORTH = 0.2
"""Share by which a weaker pull must lower the held-out error. Taken for any gain, it leaves more
variance of float's top-two logit difference: 16 % on mltk_ic and 6 % on ic_imbalanced, seed 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A half of a system's rows: sums over them, None where it is wide, and what is left there.

    ``left`` are the sums of the distances that the system's weights leave.
    """

    system: LayerSystem
    sums: RowSums | None
    left: ResidualSums

    @staticmethod
    def of(system: LayerSystem) -> Half:
        """Of the rows of ``system``."""
        return Half(system=system, sums=sums_of(system), left=ResidualSums.of(system))

    def rows(self) -> Centred | WideRows:
        """The rows, less their mean where a bias takes it."""
        return centred(self.system, self.sums)


def halves_of(system: LayerSystem) -> tuple[Half, Half]:
    """The first and the second half of the rows."""
    middle = len(system.rows) // 2
    first, second = slice(0, middle), slice(middle, None)
    return Half.of(system.of_rows(first)), Half.of(system.of_rows(second))


def whole_of(system: LayerSystem, halves: tuple[Half, Half]) -> Centred | WideRows:
    """All rows of a system: the sums over its halves added, where both are known."""
    first, second = (half.sums for half in halves)
    if first is None or second is None:
        return equations_of(system)
    return centred(system, first + second)


def held_out_pull(halves: tuple[Half, Half], ridge: float, pulls: Sequence[float]) -> float:
    """The largest of ``ridge`` and ``pulls`` whose error on the second half is near the least.

    Channels count by their error's share of what it is with ``ridge``. The ridge where a half
    has less than two rows.
    """
    first, second = halves
    if min(len(half.system.rows) for half in halves) < 2:
        return ridge
    system, normal = first.system, first.rows().with_ridge(ridge)
    right = normal.pull(system, first.left, system.weights)
    same, other = normal.as_they_are(), _Other.of(second)
    steps = [
        more.optimum(right, system, system.weights)
        for more in (same, *(normal.pulled_more(pull) or same for pull in pulls))
    ]
    errors = [other.error(step) for step in steps]
    plain = errors[0]
    known = (plain > 0) & system.editable
    shares = [float(ordered_sum(error[known] / plain[known])) for error in errors]
    near = (1 + WORTH) * min(shares)
    each = zip((ridge, *pulls), shares, strict=True)
    return max(pull for pull, share in each if share <= near)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Other:
    """Rows that nothing was fitted to: ``squares`` f64[C] and ``pull`` f64[C, K] of what is left.

    The squares are in squared accumulator units, less their mean's with a bias.
    """

    rows: Centred | WideRows
    squares: Floats
    pull: Floats

    @staticmethod
    def of(half: Half) -> _Other:
        system, left, rows = half.system, half.left, half.rows()
        unit = float(1 << system.fraction_bits) ** 2
        squares = left.squares / unit
        if system.bias is not None:
            total = left.total.astype(np.float64)
            squares = squares - np.square(total) / unit / len(system.rows)
        pull = pull_of(rows.mean, np.zeros(()), system, left, system.weights)
        return _Other(rows=rows, squares=squares, pull=pull)

    def error(self, step: Floats) -> Floats:
        """Their squared error f64[C] with weights moved by ``step`` f64[C, K], the targets held."""
        moved = ordered_sum(step * (self.rows.times_gram(step) - 2 * self.pull), 1)
        return np.maximum(self.squares + moved, 0.0)
