"""The move ``bias``: int32 biases alone, so that each layer's mean output is float's."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.bias import correct_bias
from mendlite.case.affordable import affordable
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove
from mendlite.repair.move import Proposal


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


FEWEST, PER_SECOND = 64, 2e8
"""Repair samples at least under a time limit, and multiplications of their replay for each second
of it: a mean needs few samples, and what is done in time is what a limit leaves."""


@dataclass(frozen=True)
class BiasCorrection(LayerMove):
    """Correct the biases of all layers; under a time limit on fewer samples of a large network."""

    name = "bias"
    edits = frozenset({Edit.BIASES})
    keeps_budget = True

    def solver(self, facts: Facts) -> BiasSolver:  # noqa: ARG002 - it has no options
        """Bias correction."""
        return BiasSolver()

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """As ``LayerMove``."""
        limit, case = context.options.time_limit, context.case
        repair = case.sets.repair
        if limit is not None:
            count = affordable(context.model, repair.count, FEWEST, PER_SECOND * limit)
            if count < repair.count:
                few = replace(case, sets=replace(case.sets, repair=repair.some(count)))
                context = context.on(few, context.model)
        return super().propose(context, budget)
