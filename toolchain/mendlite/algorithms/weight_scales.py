"""Which scale of its weights lets a channel follow its targets best, and with which integers.

A channel's real weights are f * w: w are integers of few levels, and f is the scale, counted in
the present one. With the targets held, as in ``least_squares``, the squared error of the outputs
and the ridge together are

    J(f, w) = f**2 w'Aw - 2 f p'w + a constant,

A the Gram matrix with the ridge on its diagonal and p what the weights are pulled to. For one
scale nearest plane finds w; for one w the best scale is f = p'w / w'Aw. The two alternate from a
few starts near the scale at which clipping and rounding the float weights costs the least
(clipping as in OCTAV, Sakr et al. 2022), each weight counted as much as its input varies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.bias import BIAS_LIMIT
from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.nearest_plane import coordinate_descent, in_planes, round_planes
from mendlite.algorithms.normal import Normal, normal_equations
from mendlite.algorithms.row_sums import ResidualSums
from mendlite.algorithms.system import UNBOUNDED
from mendlite.arith.exact_products import whole_product
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.model.layer_system import LayerRepair, LayerSystem

Floats = NDArray[np.float64]

SHARES = np.arange(6, 19) / 16.0
"""Shares of the scale that just holds a channel's largest float weight, at which clipping is
measured."""

STARTS = (0.8, 0.9, 1.0, 1.1)
"""Multiples of the scale of the least clipping error that the search starts from."""


ROUNDS = 2
"""Rounds of majorisation before and after the search: it does the work of further ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescaled:
    """A layer at other weight scales.

    ``factors`` f64[C]: a new scale is the present one times its factor, 1 where it stays.
    ``weights`` i64[C, K] and ``bias`` i64[C] or None, in the new units.
    """

    factors: Floats
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None


def scaled_least_squares(
    system: LayerSystem, options: LeastSquaresOptions, *, shared: bool
) -> tuple[LayerRepair, Rescaled]:
    """Least squares at the present scales, then at better ones where there are any.

    A channel is rescaled only if its squared error, in real units, falls below that of the first
    repair; with ``shared`` all channels have one scale, and the sum over all counts.
    """
    options = replace(options, rounds=min(options.rounds, ROUNDS))
    normal = normal_equations(system, options.ridge)
    first = least_squares(system, options, normal)
    search = _ScaleSearch.of(system, first, normal, shared=shared)
    start = search.run()
    moved = rescaled_system(system, start)
    second = least_squares(moved, options, normal)
    better = search.choose(first.after, np.square(start.factors) * second.after)
    better &= system.editable
    bias = first.bias
    if bias is not None and second.bias is not None:
        bias = np.where(better, second.bias, bias)
    return first, Rescaled(
        factors=np.where(better, start.factors, 1.0),
        weights=np.where(better[:, None], second.weights, first.weights),
        bias=bias,
    )


def rescaled_system(system: LayerSystem, to: Rescaled) -> LayerSystem:
    """The same layer in the units of other scales, with the weights and the bias found there."""
    factors = to.factors

    def bounds(old: NDArray[np.int64], unbounded: np.int64) -> NDArray[np.int64]:
        limit = float(UNBOUNDED)
        moved = np.clip(np.rint(old / factors), -limit, limit).astype(np.int64)
        return np.where(old == unbounded, old, moved)

    return replace(
        system,
        weights=to.weights,
        bias=to.bias,
        fixed_bias=system.fixed_bias / factors,
        low=bounds(system.low, -UNBOUNDED),
        high=bounds(system.high, UNBOUNDED),
        weights_float=system.weights_float / factors[:, None],
    )


@dataclass(slots=True, kw_only=True)
class _ScaleSearch:
    """The best scales so far: ``factors`` [C], ``weights`` [C, K] and their ``cost`` J [C].

    ``goal`` is p, and ``planes`` L^-1 p of nearest plane; ``centre`` f64[C] is the mean that the
    accumulators with a bias should have.
    """

    system: LayerSystem
    normal: Normal
    goal: Floats
    planes: Floats
    centre: Floats
    shared: bool
    factors: Floats
    weights: Floats
    cost: Floats

    @staticmethod
    def of(
        system: LayerSystem, repair: LayerRepair, normal: Normal, *, shared: bool
    ) -> _ScaleSearch:
        """Begin at the present scales with a repair's integers, its targets held."""
        present = replace(system, weights=repair.weights, bias=repair.bias)
        left = ResidualSums.of(present)
        weights = repair.weights.astype(np.float64)
        moved = _product(weights, normal.matrix)
        goal = normal.pull(system, left, repair.weights) + moved
        mean = left.total / float(len(system.rows) << system.fraction_bits)
        centre = mean + ordered_sum(weights * normal.mean, 1)
        return _ScaleSearch(
            system=system,
            normal=normal,
            goal=goal,
            planes=in_planes(normal.triangle, goal),
            centre=centre if repair.bias is None else centre + repair.bias,
            shared=shared,
            factors=np.ones(len(weights)),
            weights=weights,
            cost=ordered_sum(weights * moved, 1) - 2 * ordered_sum(weights * goal, 1),
        )

    def run(self) -> Rescaled:
        """The best scales and their integers."""
        clipped = self._least_clipping()
        for factors in (*(share * clipped for share in STARTS), self.factors):
            self._alternate(factors)
        lower, upper = self._box()
        right = self.goal / self.factors[:, None]
        weights = coordinate_descent(self.normal.matrix, right, self.weights, lower, upper)
        bias = None
        if self.system.bias is not None:
            real = self.centre / self.factors - ordered_sum(weights * self.normal.mean, 1)
            bias = np.clip(np.rint(real), -BIAS_LIMIT, BIAS_LIMIT).astype(np.int64)
        return Rescaled(factors=self.factors, weights=weights.astype(np.int64), bias=bias)

    def choose(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
        """Which channels' costs f64[C] fall: all or none where they share a scale."""
        if not self.shared:
            falls: NDArray[np.bool_] = new < old
            return falls
        free = self.system.editable
        sums = (ordered_sum(np.where(free, cost, 0.0)) for cost in (new, old))
        after, before = sums
        return np.full(len(old), bool(after < before))

    def _box(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every level of the type, i64[C, K]."""
        low, high = self.system.weight_range
        shape = self.system.weights.shape
        return np.full(shape, low), np.full(shape, high)

    def _least_clipping(self) -> Floats:
        """The factors f64[C] at which rounding and clipping the float weights costs the least."""
        low, high = self.system.weight_range
        real = self.system.weights_float
        # A zero-point at an end of the type leaves one sign no room.
        ends = max(high, 1), min(low, -1)
        largest = np.maximum(real.max(axis=1) / ends[0], real.min(axis=1) / ends[1])
        if self.shared:
            largest = np.full_like(largest, largest[self.system.editable].max(initial=0.0))
        largest = np.where(largest > 0, largest, 1.0)
        varies = np.diagonal(self.normal.matrix, axis1=-2, axis2=-1)
        best, least = largest, np.full(len(largest), np.inf)
        for share in SHARES:
            factors = (share * largest)[:, None]
            error = factors * np.clip(np.rint(real / factors), low, high) - real
            cost = ordered_sum(varies * np.square(error), 1)
            better = self.choose(least, cost)
            best, least = np.where(better, factors[:, 0], best), np.where(better, cost, least)
        return best

    def _alternate(self, factors: Floats) -> None:
        """Integers for scales and scales for integers, twice; keep what costs less."""
        lower, upper = self._box()
        for _ in range(2):
            left = self.planes / factors[:, None]
            weights = round_planes(self.normal.triangle, left, lower, upper)
            pulled = ordered_sum(weights * self.goal, 1)
            power = ordered_sum(weights * _product(weights, self.normal.matrix), 1)
            factors = self._best_factors(pulled, power, factors)
            self._keep(factors, weights, factors * (factors * power - 2 * pulled))

    def _best_factors(self, pulled: Floats, power: Floats, otherwise: Floats) -> Floats:
        """The best scales, p'w / w'Aw, where those are positive."""
        if self.shared:
            free = self.system.editable
            pulled = np.full_like(pulled, ordered_sum(np.where(free, pulled, 0.0)))
            power = np.full_like(power, ordered_sum(np.where(free, power, 0.0)))
        known = (pulled > 0) & (power > 0)
        return np.where(known, pulled / np.where(known, power, 1.0), otherwise)

    def _keep(self, factors: Floats, weights: Floats, cost: Floats) -> None:
        better = self.choose(self.cost, cost) & self.system.editable
        self.factors = np.where(better, factors, self.factors)
        self.weights = np.where(better[:, None], weights, self.weights)
        self.cost = np.where(better, cost, self.cost)


def _product(weights: Floats, matrix: Floats) -> Floats:
    """Whole ``weights`` [C, K] times [K, K], or [C, K, K] for depthwise: f64[C, K]."""
    if matrix.ndim == 3:
        return whole_product(weights[:, None, :], matrix)[:, 0]
    return whole_product(weights, matrix)
