"""The move ``least-squares``: integer weights and biases whose outputs follow float's."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.lower_bound import lower_bound
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove
from mendlite.repair.layers.layer_solver import LayerSolver

PULLS = (0.3, 3.0)
"""Toward float's weights in the real optimum, without the option. On the published ResNet files 3
in all layers leaves 9 to 12 % less variance of float's top-two logit difference on other samples
than the ridge alone. The weaker one is for layers whose rows show an error that other rows show,
too."""


@dataclass(frozen=True, slots=True)
class LeastSquaresSolver:
    """Integer least squares of one layer with these options."""

    options: LeastSquaresOptions
    name: str = "least-squares"

    def solve(self, system: LayerSystem) -> LayerRepair:
        """As ``LayerSolver`` defines."""
        return least_squares(system, self.options)

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:
        """As ``LayerSolver`` defines."""
        return lower_bound(system, self.options)


@dataclass(frozen=True)
class LeastSquares(LayerMove):
    """Move each weight by at most ``max_delta`` steps; ``ridge`` pulls toward the float weights.

    None: the options' value, else one that follows the number of repair samples. With
    ``one_ridge`` the real optimum has that ridge, too; else rows that are held out choose its own.
    """

    max_delta: int | None = None
    ridge: float | None = None
    one_ridge: bool = False

    name = "least-squares"
    reads = frozenset({"max_delta", "ridge"})
    keeps_budget = True

    @property
    def step(self) -> str:
        """Its name, and which ridge the real optimum has."""
        return f"{self.name}, one ridge" if self.one_ridge else self.name

    def solver(self, facts: Facts) -> LayerSolver:
        """Least squares within the bounds."""
        return LeastSquaresSolver(self.bounds(facts))

    def bounds(self, facts: Facts) -> LeastSquaresOptions:
        """The bounds of the search: the move's, else the options', else the samples'."""
        given = facts.options.weights
        options = LeastSquaresOptions.for_samples(facts.case.rows(facts.case.sets.repair))
        max_delta = given.max_delta if self.max_delta is None else self.max_delta
        ridge = given.ridge if self.ridge is None else self.ridge
        if max_delta is not None:
            options = replace(options, delta_limit=max_delta, all_levels=False)
        if ridge is not None:
            return replace(options, ridge=ridge)
        return options if self.one_ridge else replace(options, pulls=PULLS)
