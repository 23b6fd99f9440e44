"""The move ``bias``: int32 biases alone, so that each layer's mean output is float's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.bias import correct_bias
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.repair.edits import Edit
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove


@dataclass(frozen=True, slots=True)
class BiasSolver:
    """Bias correction of one layer; one without an editable bias stays as it is."""

    name: str = "bias"

    def solve(self, system: LayerSystem) -> LayerRepair:
        """As ``LayerSolver`` defines."""
        if system.bias is None:
            still = np.zeros(system.weights.shape[0], np.int64)
            return LayerRepair(weights=system.weights, bias=None, before=still, after=still)
        return correct_bias(system)

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:  # noqa: ARG002
        """None is known."""
        return None


@dataclass(frozen=True)
class BiasCorrection(LayerMove):
    """Correct the biases of all layers."""

    name = "bias"
    edits = frozenset({Edit.BIASES})
    keeps_budget = True

    def solver(self, facts: Facts) -> BiasSolver:  # noqa: ARG002 - it has no options
        """Bias correction."""
        return BiasSolver()
