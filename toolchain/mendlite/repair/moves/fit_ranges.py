"""The move ``fit-ranges``: the activation ranges that move the outputs least, to first order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layers.activation_range import Range, with_ranges
from mendlite.repair.layers.range_errors import NOW, SHARES
from mendlite.repair.layers.range_slopes import fitted_groups, route_of
from mendlite.repair.learning.route import blocked, not_batched
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need
from mendlite.replay.reference.execute import runs
from mendlite.tflite.scale_groups import ScaleGroup

WORTH = 0.98
"""Share of a range's cost below which another is taken: less is within the doubt of the samples."""


@dataclass(frozen=True)
class FitRanges(Move):
    """Choose each range by the variance of the error that it causes in the outputs.

    A search by the loss compares replays of whole networks, whose other errors hide what a single
    range adds. Here its own error is measured, to first order: rounding and clipping times the
    slope of the outputs. One pass over the samples gives it for all ranges.
    """

    name = "fit-ranges"
    needs = frozenset({Need.RANGES, Need.FLOAT_MODEL, Need.SCALABLE_ACTIVATIONS})
    edits = frozenset({Edit.RANGES, Edit.BIASES})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS, Statistic.RANGE_ERRORS})

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; and the operator through which slopes are not known."""
        reason = super().why_not(facts)
        if reason is not None:
            return reason
        case = facts.case
        if case.recipe.teacher != "float":
            return f"the teacher is {case.recipe.teacher}, not the float model"
        if not all(runs(model, case.profile) for model in (case.reference, facts.model)):
            return "the reference kernels lack an operator of one of the models"
        if facts.model.keeps_frames or facts.model.frames > 1:
            return "slopes do not pass from frame to frame"
        groups = fitted_groups(facts)
        if not groups:
            return "no range between layers is free and has its like in the float model"
        route = route_of(case, facts.model, groups)
        return blocked(facts.model, route) or not_batched(facts.model, case.profile, route)

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002 - it keeps none
        """The model with the best range of each group; unchanged where none is better."""
        groups = fitted_groups(context)
        measured = context.statistics.range_errors(context.case, context.model, groups)
        before = after = 0.0
        chosen: list[tuple[ScaleGroup, Range]] = []
        for group, errors in measured.items():
            now = Range.of_group(context.model, group)
            costs = errors.costs(now)
            least, cost = _least(now, costs)
            before += float(costs[NOW, NOW])
            after += cost
            if least != now:
                chosen.append((group, least))
        note = (
            f"fit-ranges: {len(chosen)} of {len(groups)} ranges changed, variance of the outputs' "
            f"errors by ranges, to first order, {before:.3g} -> {after:.3g}"
        )
        return Proposal(model=with_ranges(context.model, chosen), notes=(note,))


def _least(now: Range, costs: NDArray[np.float64]) -> tuple[Range, float]:
    """The range of the least of ``costs``, and that; ``now`` where none is clearly better."""
    low, high = np.unravel_index(int(np.argmin(costs)), costs.shape)
    present = float(costs[NOW, NOW])
    if float(costs[low, high]) >= WORTH * present:
        return now, present
    return now.resized(float(SHARES[low]), float(SHARES[high])), float(costs[low, high])
