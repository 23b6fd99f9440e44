"""The move ``distill``: weights and biases of all layers learned from the teacher's outputs.

Layer-wise moves let each layer follow the float model's. With weights of 16 values much is left
that only layers together settle: gradient descent on the loss at the network's output, with slopes
straight through the roundings (Bengio et al. 2013; learned rounding after Nagel et al. 2020).
Images are shifted, flipped and mixed for more samples: the float model is a teacher for any input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import mean_of
from mendlite.case.tasks import evaluated_tensors
from mendlite.model.graph import Layer
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.learning.learn import Course, learn
from mendlite.repair.learning.lessons import Lessons, lessons_of
from mendlite.repair.learning.loss import KINDS
from mendlite.repair.learning.network import TrialNetwork
from mendlite.repair.learning.parameters import parameters_of
from mendlite.repair.learning.route import Route, blocked, find_route, not_batched
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.slices import multiplications
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

STEPS, BATCH = 800, 32
"""Steps without the option, and samples of each."""

MULTIPLICATIONS = 4e11
"""Of the layers' replays in all steps: larger networks learn in fewer steps, at least FEWEST."""

FEWEST = 50

RATE = 0.01
"""Steps of a weight by which it moves at most, at first, in each step of the descent."""

COPIES = 4
"""Augmented copies of each image without the option."""

WINDOW = 50
"""Steps at the beginning and at the end whose mean loss the report states."""


@dataclass(frozen=True)
class Distill(Move):
    """Learn the chosen layers' weights and biases, the last ``last`` layers' alone where given.

    ``steps`` of batches, ``copies`` of each image; None: the options' values, else the defaults.
    """

    steps: int | None = None
    last: int | None = None
    copies: int | None = None
    rate: float = RATE

    name = "distill"
    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS})
    reads = frozenset({"max_delta", "distill_steps", "distill_last", "distill_copies"})

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; and the operator through which slopes are not known."""
        reason, task = super().why_not(facts), facts.case.task
        if reason is not None:
            return reason
        if facts.model.keeps_frames:
            return "slopes do not pass from frame to frame"
        if task.kind not in KINDS:
            return f"not for {task.kind}"
        route = self._route(facts)
        return blocked(facts.model, route) or not_batched(facts.model, facts.case.profile, route)

    def propose(self, context: RepairContext, _budget: PatchBudget) -> Proposal:
        """The model with what was learned from the repair samples and their copies."""
        case, model = context.case, context.model
        layers, route = self._layers(context), self._route(context)
        lessons = lessons_of(case, model, context.statistics, self._copies(context))
        evaluated = evaluated_tensors(case.task, model)
        network = TrialNetwork.of(prepare(model, case.profile), route, evaluated)
        max_delta = context.options.weights.max_delta
        parameters = [
            one
            for one in parameters_of(case, model, layers, max_delta)
            if one.tensor in route.sought
        ]
        course = self._course(context)
        learned = learn(network, parameters, lessons, case.task, course)
        edits = [data_edit(model, t, values) for t, values in learned.constants.items()]
        note = _note(case.task.loss_name, lessons, learned.losses)
        return Proposal(model=patched(model, edits), notes=(note,))

    def _layers(self, facts: Facts) -> list[Layer]:
        last = self.last or facts.options.learning.last
        return facts.editable if last is None else facts.editable[-last:]

    def _route(self, facts: Facts) -> Route:
        evaluated = evaluated_tensors(facts.case.task, facts.model)
        return find_route(facts.model, self._layers(facts), evaluated)

    def _copies(self, facts: Facts) -> int:
        given = (self.copies, facts.options.learning.copies)
        return next((copies for copies in given if copies is not None), COPIES)

    def _steps(self, facts: Facts) -> int:
        most = int(MULTIPLICATIONS / (BATCH * max(multiplications(facts.model), 1)))
        return self.steps or facts.options.learning.steps or min(STEPS, max(most, FEWEST))

    def _course(self, context: RepairContext) -> Course:
        """The course, which a time limit makes shorter: its rate falls to 0 by then."""
        begun = context.time_used()

        def done() -> float:
            return (context.time_used() - begun) / max(1.0 - begun, 1e-9)

        return Course(
            steps=self._steps(context),
            batch=BATCH,
            rate=self.rate,
            seed=context.seed,
            done=done,
            progress=lambda done, of: context.case.progress("distill", done, of),
        )


def _note(loss_name: str, lessons: Lessons, losses: NDArray[np.float64]) -> str:
    ends = [mean_of(part) for part in (losses[:WINDOW], losses[-WINDOW:])]
    return (
        f"distill: {losses.size} steps of {min(BATCH, lessons.count)} of {lessons.count} samples, "
        f"copies of images counted; {loss_name} of the first and last steps' samples "
        f"{ends[0]:.3g} -> {ends[1]:.3g}"
    )
