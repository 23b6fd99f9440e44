"""Descent of the whole network's loss by candidate files, each evaluated in exact integers.

Candidates differ from the file so far only behind a known operator: what lies before is replayed
once, the rest for every candidate on an eighth of the samples, and on all of them for the best one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import deviation_of, mean_of
from mendlite.case.affordable import affordable
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Model
from mendlite.model.interface import Side
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.engine.context import RepairContext
from mendlite.replay.collect import joined
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.frontier import Frontier, Values, run_on
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.interface import interface_changes
from mendlite.tflite.patch_size import spent

SLICES, FEWEST, MOST = 32, 64, 512
"""Repair samples that are replayed: slices of a model's own size, so that large models take
fewer. A candidate changes a few parameters, so few suffice."""

GLANCE = 8
"""Candidates are compared on an eighth of the samples; the best one is replayed on all of them."""

CLEAR, BOLD = 2.0, 1.0
"""Standard errors by which a loss must fall: to be believed, and to be tried where nothing is."""


class Descent:
    """The best file so far; a candidate replaces it only where it clearly lowers the loss."""

    def __init__(self, context: RepairContext, budget: PatchBudget, clear: float = CLEAR) -> None:
        """Start from the context's model; ``budget`` bounds what may differ from it."""
        self._clear = clear
        case, model = context.case, context.model
        self._size = slice_size(model)
        samples = case.sets.repair.some(searched(model))
        self._case, self._samples = case, samples
        self._teacher: Outputs = context.statistics.teacher_outputs(case, samples)
        self._evaluated = evaluated_tensors(case.task, model)
        self._inputs = case.task_inputs(samples)
        self._base, self._budget, self.model = model, budget, model
        self._frontier = self._fed(model)
        glance = max(1, len(self._frontier.slices) // GLANCE)
        self._glance, self._rest = slice(0, glance), slice(glance, None)
        self._quick = self._replay(model, self._glance)
        self._losses = self._all(model, self._quick)

    @property
    def loss(self) -> float:
        """The mean loss of the file so far."""
        return mean_of(self._losses)

    def advance(self, operator: int) -> None:
        """From here on, candidates differ only at ``operator`` and behind it."""
        self._frontier.advance(prepare(self.model, self._case.profile), operator)

    def offer(self, candidates: Iterable[Model]) -> bool:
        """Continue from the best candidate if it clearly lowers the loss; whether it did.

        The best is that of the least loss on an eighth of the samples, if it is less there than the
        loss of the file so far.
        """
        best, quick = self.model, self._quick
        for model in candidates:
            if self._fits(model):
                glanced = self._replay(model, self._glance)
                if mean_of(glanced) < mean_of(quick):
                    best, quick = model, glanced
        if best is self.model:
            return False
        losses = self._all(best, quick)
        better = clearly_less(losses, self._losses, self._clear)
        if better:
            if self._reads_otherwise(best):
                self._frontier = self._fed(best)
            self.model, self._losses, self._quick = best, losses, quick
        return better

    def _fed(self, model: Model) -> Frontier:
        """The samples as ``model`` reads them, before its first operator."""
        inputs = self._case.quantized_inputs(self._samples, model)
        return Frontier(model, inputs, self._size, keep=self._evaluated)

    def _reads_otherwise(self, model: Model) -> bool:
        """Whether the inputs of ``model`` have other parameters than those of the file so far."""
        changes = interface_changes(self.model, model)
        return any(one.side is Side.INPUT for one in changes)

    def _fits(self, model: Model) -> bool:
        return not self._budget.limited or self._budget.holds(*spent(self._base, model))

    def _all(self, model: Model, quick: NDArray[np.float64]) -> NDArray[np.float64]:
        """Losses f64[n] of ``model`` on all samples; ``quick`` are those of the first ones."""
        if len(self._frontier.slices) <= self._glance.stop:
            return quick
        return np.concatenate([quick, self._replay(model, self._rest, quick.size)])

    def _replay(self, model: Model, part: slice, tests: int = 0) -> NDArray[np.float64]:
        """Losses of ``model``, which differs from the current one only from here on.

        Of the slices ``part``, before which there are ``tests`` others.
        """
        self._case.checkpoint()
        program, begin = prepare(model, self._case.profile), self._frontier.next_operator
        ends = run_on(program, self._slices(model)[part], begin, self._evaluated)
        stored = joined(ends, self._evaluated)
        first, count = part.start * self._size, len(stored[self._evaluated[0]])
        inputs = [x[first : first + count] for x in self._inputs]
        outputs = read_outputs(self._case.task, model, stored, inputs)
        teacher = self._teacher.take(slice(tests, tests + outputs.count))
        return self._case.task.loss(teacher, outputs)

    def _slices(self, model: Model) -> list[Values]:
        """The values that ``model`` continues from: other inputs where it reads them otherwise."""
        if not self._reads_otherwise(model):
            return self._frontier.slices
        if self._frontier.next_operator > 0:
            raise ValueError("the inputs of a candidate have other parameters behind an operator")
        return self._fed(model).slices


def searched(model: Model) -> int:
    """Repair samples on which candidates are compared, fewer of a large network."""
    rows = min(max(FEWEST, SLICES * slice_size(model)), MOST)
    most, fewest = (-(-count // model.frames) for count in (rows, FEWEST))
    return affordable(model, most, fewest)


def clearly_less(
    losses: NDArray[np.float64], than: NDArray[np.float64], clear: float = CLEAR
) -> bool:
    """Whether losses f64[n] of the same samples are less by more than ``clear`` standard errors.

    A range has many candidates: the best of them by a small difference fits the samples alone.
    """
    saved = than - losses
    doubt = deviation_of(saved) / float(np.sqrt(max(saved.size, 1)))
    return mean_of(saved) > clear * doubt
