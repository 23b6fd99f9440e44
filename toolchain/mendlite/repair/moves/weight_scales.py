"""The move ``weight-scales``: least squares together with a search of the weights' scales."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.least_squares import LeastSquaresOptions, is_coarse, least_squares
from mendlite.algorithms.weight_scales import Rescaled, scaled_least_squares
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.repair.edits import Edit
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_solver import LayerSolver
from mendlite.repair.moves.least_squares import LeastSquares, LeastSquaresSolver


@dataclass(frozen=True, slots=True)
class ScaledSolver:
    """Least squares of one layer, with a search of scales where its weights are coarse.

    With ``fine`` the scales of finer weights are searched, too.
    """

    options: LeastSquaresOptions
    fine: bool = False
    name: str = "weight-scales"

    def solve(self, system: LayerSystem) -> LayerRepair:
        """As ``LayerSolver`` defines."""
        return least_squares(system, self.options)

    def solve_with_scales(
        self, system: LayerSystem, *, shared: bool
    ) -> tuple[LayerRepair, Rescaled | None]:
        """As ``ScaleSolver`` defines."""
        if not self.fine and not is_coarse(system.weight_range):
            return self.solve(system), None
        return scaled_least_squares(system, self.options, shared=shared)

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:  # noqa: ARG002
        """None: what no integers go below depends on the scale."""
        return None


@dataclass(frozen=True)
class WeightScales(LeastSquares):
    """Least squares at the scale of each channel, or of a layer, that brings its outputs nearest.

    Of int4 weights; with ``fine`` of int8 weights, too. Where scales must stay, or ``max_delta``
    bounds the weights' steps, it is least squares alone.
    """

    fine: bool = False

    name = "weight-scales"
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES, Edit.WEIGHT_SCALES})
    keeps_budget = False

    def solver(self, facts: Facts) -> LayerSolver:
        """Least squares that searches scales, where they may change."""
        bounds = self.bounds(facts)
        weights = [facts.model.tensors[layer.weights] for layer in facts.editable]
        if any(is_coarse(tensor.weight_range) for tensor in weights):
            # Layers of finer weights make up for what coarse ones before them lose.
            bounds = replace(bounds, pulls=())
        if not bounds.all_levels or not facts.options.scope.edit_scales:
            return LeastSquaresSolver(bounds)
        return ScaledSolver(bounds, fine=self.fine)
