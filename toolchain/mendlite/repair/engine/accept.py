"""Steps of a strategy: each is taken only if the selection samples get better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.measure.score import Score
from mendlite.model.graph import Model
from mendlite.model.report import NeuronResult, SelectionScore, Step
from mendlite.repair.engine.admissible import refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a step proposes: a model, how its neurons were solved, and remarks.

    ``case`` is the case that later steps aim at where the step changed the float model without
    changing its function, else None.
    """

    model: Model
    case: Case | None = None
    neurons: tuple[NeuronResult, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progression:
    """The model and the case as accepted so far, with everything that happened on the way.

    ``tried`` are the (step, digest of its model) that were taken back: they would be again.
    """

    case: Case
    model: Model
    score: Score
    tried: frozenset[tuple[str, str]] = frozenset()
    steps: tuple[Step, ...] = ()
    neurons: tuple[NeuronResult, ...] = ()
    notes: tuple[str, ...] = field(default=())


def selection(score: Score) -> SelectionScore:
    """A score as the report shows it."""
    return SelectionScore(samples=score.samples, failing=score.failing, loss=score.loss)


def begin(case: Case, evaluator: Evaluator) -> Progression:
    """Before the first step."""
    model = case.quantized
    return Progression(case=case, model=model, score=evaluator.score(evaluator.outputs(model)))


def take(
    progression: Progression,
    evaluator: Evaluator,
    name: str,
    propose: Callable[[Case, Model], Proposal],
) -> Progression:
    """Run one step and keep its model only if the selection samples get better.

    A model that no device should get (``admissible``) is rejected unseen. A step that was taken
    back from this very model, or that changes nothing, leaves no trace but its notes.
    """
    key = (name, progression.model.sha256)
    if key in progression.tried:
        return progression
    start = perf_counter()
    proposal = propose(progression.case, progression.model)
    before = progression.score
    if proposal.model.sha256 == progression.model.sha256:
        notes = tuple(n for n in proposal.notes if n not in progression.notes)
        return replace(
            progression,
            tried=progression.tried | {key},
            neurons=(*progression.neurons, *proposal.neurons),
            notes=(*progression.notes, *notes),
        )
    refused = refusal(proposal.model, progression.case.profile)
    after = before if refused else evaluator.score(evaluator.outputs(proposal.model))
    accepted = refused is None and after.better_than(before)
    rejections = () if refused is None else (f"{name}: rejected: {refused}",)
    step = Step(
        name=name,
        accepted=accepted,
        selection_before=selection(before),
        selection_after=selection(after),
        seconds=perf_counter() - start,
    )
    return Progression(
        case=(proposal.case or progression.case) if accepted else progression.case,
        model=proposal.model if accepted else progression.model,
        score=after if accepted else before,
        tried=progression.tried if accepted else progression.tried | {key},
        steps=(*progression.steps, step),
        neurons=(*progression.neurons, *proposal.neurons),
        notes=(*progression.notes, *proposal.notes, *rejections),
    )


def steps_of_all(
    start: Progression, tried: Sequence[Progression], best: Progression | None
) -> tuple[Step, ...]:
    """The steps of all that was tried from ``start``; none but the best one's were accepted."""
    steps = list(start.steps)
    for found in tried:
        own = found.steps[len(start.steps) :]
        steps += own if found is best else [replace(step, accepted=False) for step in own]
    return tuple(steps)
