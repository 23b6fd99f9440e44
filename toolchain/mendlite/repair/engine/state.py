"""The state of a repair: the model and the case as accepted so far, and what happened."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from mendlite.case.case import Case
from mendlite.measure.score import Comparison, Score
from mendlite.model.graph import Model
from mendlite.model.report import NeuronResult, SelectionScore, Step

Attempted = tuple[Hashable, ...]
"""An attempt: the step's name, the move, and the digest of the model that it began from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The model that an accepted step proposed, and its selection score."""

    model: Model
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairState:
    """The best so far with its selection score; ``rejected`` are attempts not to be repeated.

    ``path`` are the models that led to it, the latest last.
    """

    case: Case
    model: Model
    score: Score
    rejected: frozenset[Attempted] = frozenset()
    path: tuple[Accepted, ...] = ()
    steps: tuple[Step, ...] = ()
    neurons: tuple[NeuronResult, ...] = ()
    notes: tuple[str, ...] = ()

    def noting(self, *notes: str) -> RepairState:
        """With these notes; those that it has already are not repeated."""
        new = tuple(note for note in notes if note not in self.notes)
        return replace(self, notes=(*self.notes, *new))

    def without(self, attempt: Attempted) -> RepairState:
        """With an attempt that is not to be repeated."""
        return replace(self, rejected=self.rejected | {attempt})


def selection(score: Score) -> SelectionScore:
    """A score as the report shows it."""
    return SelectionScore(samples=score.samples, failing=score.failing, loss=score.loss)


def step_of(
    name: str, comparison: Comparison, before: Score, after: Score | None, begun: float
) -> Step:
    """A step as the report shows it, begun at ``begun`` of ``perf_counter``.

    ``after`` is None where its model was not evaluated.
    """
    return Step(
        name=name,
        accepted=comparison.better,
        why=comparison.why,
        selection_before=selection(before),
        selection_after=selection(after or before),
        seconds=perf_counter() - begun,
    )


def steps_of_all(
    start: RepairState, ends: Sequence[RepairState], best: RepairState | None, why: str
) -> tuple[Step, ...]:
    """The steps of all ``ends`` reached from ``start``; only the best one's count as accepted.

    ``why`` is the reason of the other ones' that the engine had accepted.
    """
    steps = list(start.steps)
    for end in ends:
        own = end.steps[len(start.steps) :]
        steps += own if end is best else [_rejected(step, why) for step in own]
    return tuple(steps)


def in_order_named(start: RepairState, end: RepairState, order: str) -> RepairState:
    """The end of an order that began at ``start``, its steps marked as of this order."""
    known = len(start.steps)
    own = tuple(replace(step, order=order) for step in end.steps[known:])
    return replace(end, steps=(*end.steps[:known], *own))


def _rejected(step: Step, why: str) -> Step:
    return replace(step, accepted=False, why=why) if step.accepted else step
