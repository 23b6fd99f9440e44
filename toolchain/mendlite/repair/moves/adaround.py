"""The move ``adaround``: learned rounding, in the file's own grid (a baseline)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.adaround import AdaRoundOptions, adaround
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove


@dataclass(frozen=True, slots=True)
class AdaRoundSolver:
    """Learned rounding of one layer; the seed draws its batches."""

    seed: int
    name: str = "adaround"

    def solve(self, system: LayerSystem) -> LayerRepair:
        """As ``LayerSolver`` defines."""
        return adaround(system, AdaRoundOptions(seed=self.seed))

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:  # noqa: ARG002
        """None is known."""
        return None


@dataclass(frozen=True)
class AdaRound(LayerMove):
    """Round the weights of all layers up or down as gradient descent learns it."""

    name = "adaround"

    def solver(self, facts: Facts) -> AdaRoundSolver:
        """Learned rounding with the repair's seed."""
        return AdaRoundSolver(seed=facts.case.seed)
