"""What moves share that repair layer by layer."""

from __future__ import annotations

from abc import abstractmethod

from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.patch_units import apply_units, first_units, patch_units
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_solver import LayerSolver
from mendlite.repair.layers.layerwise import LayeredRepair, LayerTask, repair_layers
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need


class LayerMove(Move):
    """Solves the editable layers one after the other, each from the repaired prefix."""

    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES})
    statistics = frozenset({Statistic.LAYER_TARGETS, Statistic.LAYER_COSTS})

    @abstractmethod
    def solver(self, facts: Facts) -> LayerSolver:
        """What solves a layer."""

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """All layers solved; within a limited budget the channels with the most use a byte."""
        solver = self.solver(context)
        if context.channels is not None:
            task = LayerTask(
                case=context.case,
                model=context.model,
                layers=context.layers,
                channels=context.channels,
            )
            return Proposal(
                model=repair_layers(task, solver, context.statistics.layer_targets).model
            )
        layered = context.solutions.of(context.case, context.model, solver, context.statistics)
        if budget.limited:
            return _most_useful_channels(context, layered, budget)
        return Proposal(model=layered.model)


def _most_useful_channels(
    context: RepairContext, layered: LayeredRepair, budget: PatchBudget
) -> Proposal:
    """As many channels of a layer-wise repair as ``budget`` holds, the most use a byte first."""
    costs = context.statistics.layer_costs(context.case, list(layered.gains))
    units = patch_units(context.model, layered, costs)
    chosen = first_units(units, budget)
    note = f"{len(chosen)} of {len(units)} channels edited, those with the most use a byte"
    return Proposal(model=apply_units(context.model, chosen), notes=(note,))
