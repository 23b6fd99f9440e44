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

from mendlite.algorithms.normal import Centred, Normal, PulledMore
from mendlite.algorithms.row_sums import ResidualSums, RowSums
from mendlite.arith.exact_products import real_product
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.model.layer_system import LayerSystem

Floats = NDArray[np.float64]

WORTH = 0.2
"""Share by which a weaker pull must lower the held-out error. Taken for any gain, it leaves more
variance of float's top-two logit difference: 16 % on mltk_ic and 6 % on ic_imbalanced, seed 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A half of a system's rows: sums over them, and of the distances that the weights leave."""

    system: LayerSystem
    rows: RowSums
    left: ResidualSums

    @staticmethod
    def of(system: LayerSystem) -> Half:
        """Of the rows of ``system``."""
        return Half(system=system, rows=RowSums.of(system), left=ResidualSums.of(system))

    def centred(self) -> Centred:
        """The rows less their mean, where a bias takes it."""
        return Centred.of(self.rows, has_bias=self.system.bias is not None)

    def normal(self) -> Normal:
        """The normal equations without a ridge."""
        centred = self.centred()
        zero = np.zeros(())
        return Normal(matrix=centred.gram, ridge=zero, mean=centred.mean, total=centred.total)


def halves_of(system: LayerSystem) -> tuple[Half, Half]:
    """The first and the second half of the rows."""
    middle = len(system.rows) // 2
    first, second = slice(0, middle), slice(middle, None)
    return Half.of(system.of_rows(first)), Half.of(system.of_rows(second))


def held_out_pull(halves: tuple[Half, Half], ridge: float, pulls: Sequence[float]) -> float:
    """The largest of ``ridge`` and ``pulls`` whose error on the second half is near the least.

    Channels count by their error's share of what it is with ``ridge``. The ridge where a half
    has less than two rows.
    """
    first, second = halves
    if min(half.rows.count for half in halves) < 2:
        return ridge
    system = first.system
    normal = first.centred().with_ridge(ridge)
    right = normal.pull(system, first.left, system.weights)
    other = second.normal()
    seen = other.pull(system, second.left, system.weights)
    size, same = _squares(second), PulledMore.none(normal)
    errors = [
        np.maximum(size + _moved(other.matrix, seen, more, right, system), 0.0)
        for more in (same, *(normal.pulled_more(pull) or same for pull in pulls))
    ]
    plain = errors[0]
    known = (plain > 0) & system.editable
    shares = [float(ordered_sum(error[known] / plain[known])) for error in errors]
    near = (1 + WORTH) * min(shares)
    each = zip((ridge, *pulls), shares, strict=True)
    return max(pull for pull, share in each if share <= near)


def _squares(half: Half) -> Floats:
    """Squared distances f64[C] in squared accumulator units, less their mean's with a bias."""
    unit = float(1 << half.system.fraction_bits) ** 2
    squares = half.left.squares / unit
    if half.system.bias is None:
        return squares
    less: Floats = squares - np.square(half.left.total.astype(np.float64)) / unit / half.rows.count
    return less


def _moved(
    matrix: Floats, seen: Floats, more: PulledMore, right: Floats, system: LayerSystem
) -> Floats:
    """By how much the optimum of ``right`` changes the squared error f64[C] of other rows.

    ``matrix`` and ``seen`` [C, K] are those rows' normal equations, their targets held.
    """
    step = more.optimum(right, system, system.weights)
    if matrix.ndim == 3:
        pushed = real_product(step[:, None, :], matrix)[:, 0]
    else:
        pushed = real_product(step, matrix)
    change: Floats = ordered_sum(step * (pushed - 2 * seen), 1)
    return change
