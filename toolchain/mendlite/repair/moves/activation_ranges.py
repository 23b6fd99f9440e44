"""The move ``scales``: other activation ranges, chosen by the loss of the whole network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.candidate_search import CLEAR, Descent
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import INTERFACE_OPTIONS, Need
from mendlite.tflite.scale_groups import ScaleGroup

FACTORS = (0.8, 1.2)
"""Shares of the present range that are tried, on both ends and on each alone.

The loss falls to one side of a range and rises to the other, or it is the best already: shares
further away are tried around one that is better.
"""

ROUNDS = 4
"""Times that the factors are tried around the best so far."""

REFINE = (0.95, 1.05)


def _candidates(now: Range, factors: tuple[float, ...]) -> Iterator[Range]:
    """Other ranges; a one-sided range has one end to move."""
    for factor in factors:
        yield now.resized(factor, factor)
        if now.two_sided:
            yield now.resized(factor, 1.0)
            yield now.resized(1.0, factor)


def improve_range(search: Descent, group: ScaleGroup, calibrated: Sequence[Range]) -> bool:
    """Take the best range of one group; whether one is better than the present.

    Those of the rules of calibration are tried first, then others around the best.
    """
    search.advance(group.first)
    start = Range.of_group(search.model, group)
    search.offer(
        with_range(search.model, group, chosen) for chosen in calibrated if chosen != start
    )
    for factors in (*[FACTORS] * ROUNDS, REFINE):
        now = Range.of_group(search.model, group)
        ranges = [chosen for chosen in _candidates(now, factors) if chosen != now]
        better = search.offer(with_range(search.model, group, chosen) for chosen in ranges)
        if factors is FACTORS and not better:
            break
    return Range.of_group(search.model, group) != start


@dataclass(frozen=True)
class ActivationRanges(Move):
    """Search the ranges front to back by the task's loss.

    ``clear`` is how many standard errors the loss must fall by for a range to be believed.
    """

    clear: float = CLEAR

    name = "scales"
    needs = frozenset({Need.RANGES, Need.SCALABLE_ACTIVATIONS})
    edits = frozenset({Edit.RANGES, Edit.INPUTS, Edit.OUTPUTS, Edit.BIASES})
    statistics = frozenset({Statistic.RANGES, Statistic.TEACHER_OUTPUTS})
    reads = INTERFACE_OPTIONS
    keeps_budget = True

    @property
    def step(self) -> str:
        """The name; it shows an acceptance threshold below the default."""
        return self.name if self.clear >= CLEAR else f"{self.name}, bolder"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """The model with the ranges that lower the loss on the repair samples."""
        case, groups = context.case, context.groups
        free = [group for group in groups if group.frozen is None]
        calibration = context.statistics.calibration(case, context.model, groups)
        search, changed = Descent(context, budget, self.clear), 0
        before = search.loss
        for done, group in enumerate(free):
            changed += improve_range(search, group, calibration.of(group))
            case.progress("scales", done + 1, len(free))
        note = (
            f"scales: {changed} of {len(groups)} ranges changed, {case.task.loss_name} on the "
            f"repair samples {before:.5g} -> {search.loss:.5g}"
        )
        return Proposal(model=search.model, notes=(note,))
