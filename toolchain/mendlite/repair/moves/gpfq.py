"""The move ``gpfq``: greedy path following quantization, in the file's own grid (a baseline)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.gpfq import gpfq
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove


@dataclass(frozen=True, slots=True)
class GpfqSolver:
    """Greedy path following of one layer."""

    name: str = "gpfq"

    def solve(self, system: LayerSystem) -> LayerRepair:
        """As ``LayerSolver`` defines."""
        return gpfq(system)

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:  # noqa: ARG002
        """None is known."""
        return None


@dataclass(frozen=True)
class Gpfq(LayerMove):
    """Round the weights of all layers by following the path of float's outputs."""

    name = "gpfq"

    def solver(self, facts: Facts) -> GpfqSolver:  # noqa: ARG002 - it has no options
        """Greedy path following."""
        return GpfqSolver()
