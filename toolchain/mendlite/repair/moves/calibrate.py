"""The move ``calibrate``: new activation ranges from the float model's activations."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.arith.ordered_sums import mean_of
from mendlite.case.affordable import affordable
from mendlite.case.evaluate import evaluate
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.repair_options import PatchBudget
from mendlite.reading.names import unknown
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.layers.calibration import RULES
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import INTERFACE_OPTIONS, Need

ENOUGH = 512
"""Repair samples on which the rules are compared; fewer cannot tell them apart."""

FEWEST = 128
"""Samples of them that are replayed of a large network."""


@dataclass(frozen=True)
class Calibrate(Move):
    """Set all ranges by one rule of calibration.

    ``rule`` is one of ``layers.calibration.RULES``; None: the one whose outputs on the repair
    samples are nearest the teacher's.
    """

    rule: str | None = None

    name = "calibrate"
    needs = frozenset({Need.FLOAT_MODEL, Need.RANGES})
    edits = frozenset({Edit.RANGES, Edit.INPUTS, Edit.OUTPUTS, Edit.BIASES})
    statistics = frozenset({Statistic.RANGES, Statistic.TEACHER_OUTPUTS})
    reads = INTERFACE_OPTIONS

    def __post_init__(self) -> None:
        """Raise BadInputError for a rule that there is not."""
        if self.rule is not None and self.rule not in RULES:
            raise BadInputError(unknown("rule", self.rule, RULES))

    @property
    def step(self) -> str:
        """With its rule, where it has one."""
        return "calibrate" if self.rule is None else f"calibrate, {self.rule}"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The model with the rule's ranges; unchanged if the float model has none."""
        if self.rule is None:
            return best_calibration(context)
        calibration = context.statistics.calibration(context.case, context.model, context.groups)
        if self.rule not in calibration.ranges:
            return Proposal(model=context.model)
        return Proposal(model=calibration.apply(context.model, self.rule))


def best_calibration(context: RepairContext) -> Proposal:
    """The rule whose outputs on the repair samples are nearest the teacher's."""
    case, model = context.case, context.model
    calibration = context.statistics.calibration(case, model, context.groups)
    samples = case.sets.repair.some(affordable(model, ENOUGH, FEWEST))
    teacher = context.statistics.teacher_outputs(case, samples)

    def loss(candidate: Model) -> float:
        return mean_of(case.task.loss(teacher, evaluate(case, candidate, samples)))

    best, least, chosen = model, loss(model), "the present ranges"
    for rule in calibration.ranges:
        candidate = calibration.apply(model, rule)
        error = loss(candidate)
        if error < least:
            best, least, chosen = candidate, error, rule
    note = f"calibrate: {chosen}, {case.task.loss_name} {least:.5g} on the repair samples"
    return Proposal(model=best, notes=(note,))
