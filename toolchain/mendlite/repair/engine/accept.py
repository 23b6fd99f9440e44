"""The acceptance rule: the one place where a move's model is accepted or rejected.

A model is accepted only if the selection samples get better with it (``Score.better_than``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TypeVar

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.measure.score import Comparison, Score
from mendlite.model.graph import Model
from mendlite.model.progress import StepBegins, StepEnds, Watch, unwatched
from mendlite.model.repair_options import PatchBudget, RepairOptions
from mendlite.repair.edits import Edit, edited_layers, forbidden, kinds_of_edits
from mendlite.repair.engine.admissible import refusal
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.layer_solutions import LayerSolutions
from mendlite.repair.engine.state import Accepted, RepairState, selection, step_of
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.free_pages import free_pages
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.layers.layerwise import Channels
from mendlite.repair.move import Move, Proposal
from mendlite.repair.solving import Solving
from mendlite.tflite.diff import diff
from mendlite.tflite.patch_size import spent

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Runs moves and evaluates what they propose on the selection samples (``evaluator``).

    ``layers`` are the numbers of those that may be edited, ``channels`` of them where only some
    may. ``watch`` is told of every step, ``stopping`` ends them early.
    """

    base: Case
    options: RepairOptions
    layers: tuple[int, ...]
    evaluator: Evaluator
    solutions: LayerSolutions
    solving: Solving = field(default_factory=Solving)
    statistics: Statistics = field(default_factory=Statistics)
    channels: Channels | None = None
    watch: Watch = unwatched
    stopping: Stopping = field(default_factory=Stopping)

    @staticmethod
    def of(
        case: Case,
        options: RepairOptions,
        layers: tuple[int, ...],
        evaluator: Evaluator,
        solving: Solving | None = None,
    ) -> Engine:
        """An engine that has measured nothing yet."""
        return Engine(
            base=case,
            options=options,
            layers=layers,
            evaluator=evaluator,
            solutions=LayerSolutions.none_yet(case, layers),
            solving=solving or Solving(),
            stopping=Stopping(limit=options.time_limit),
        )

    def begin(self) -> RepairState:
        """The state before the first move."""
        model = self.base.quantized
        score = self.evaluator.score(self.evaluator.outputs(model))
        return RepairState(case=self.base, model=model, score=score)

    def context(self, state: RepairState, model: Model | None = None) -> RepairContext:
        """What a move is given in ``state``, or in its place on another ``model``."""
        return RepairContext(
            case=state.case,
            model=state.model if model is None else model,
            layers=self.layers,
            options=self.options,
            statistics=self.statistics,
            solutions=self.solutions,
            solving=self.solving,
            channels=self.channels,
            time_used=self.stopping.share,
        )

    def elapsed(self) -> float:
        """Seconds since the repair began."""
        return self.stopping.elapsed()

    @property
    def stopped(self) -> bool:
        """Whether no further step is begun."""
        return self.stopping.after()

    def unless_stopped(self, compute: Callable[[], T]) -> T | None:
        """What ``compute`` returns; None where Ctrl-C or the time limit ended it."""
        return self.stopping.unless_stopped(compute)

    def attempt(
        self,
        state: RepairState,
        move: Move,
        *,
        name: str | None = None,
        start: Model | None = None,
    ) -> RepairState:
        """Run one move from the state's model, or from ``start``; accept or reject its model.

        After the time limit or Ctrl-C nothing is attempted; a step that they end is rejected. An
        attempt that was rejected from this very model, or that changes nothing, leaves no step.
        """
        if self.stopped:
            return state.noting(f"stopped by {self.stopping.by}: later steps were not tried")
        name = move.step if name is None else name
        attempt = (name, move, state.model.sha256)
        if attempt in state.rejected:
            return state
        context, begun = self.context(state, start), perf_counter()
        why_not = move.why_not(context)
        if why_not is not None:
            return state.noting(f"{move.name}: {why_not}").without(attempt)
        self.watch(StepBegins(name=name, best=selection(state.score)))
        ended = self.unless_stopped(lambda: self._tried(state, name, move, context, begun))
        if ended is None:
            why = f"{self.stopping.by} ended it"
            ended = _logged(state, name, Comparison(better=False, why=why), None, begun)
        else:
            self.stopping.tried += 1
        step = ended.steps[-1] if len(ended.steps) > len(state.steps) else None
        self.watch(StepEnds(name=name, step=step))
        free_pages(self.base)
        return ended if step is not None and step.accepted else ended.without(attempt)

    def _tried(
        self, state: RepairState, name: str, move: Move, context: RepairContext, begun: float
    ) -> RepairState:
        """The state after a move's proposal; no step is added where it changes nothing."""
        budget = self.options.budget
        if budget.limited:
            budget = budget.less(*spent(self.base.quantized, context.model))
        proposal = move.propose(context.reading(move.statistics), budget)
        if proposal.model.sha256 == state.model.sha256:
            neurons = (*state.neurons, *proposal.neurons)
            return replace(state.noting(*proposal.notes), neurons=neurons)
        against = self._against(move, context.model, proposal.model)
        return self._evaluated(state, name, proposal, against, begun)

    def _against(self, move: Move, start: Model, model: Model) -> str | None:
        """Why a model is rejected whatever it scores; None where nothing is against it."""
        reason = refusal(model, self.base.profile)
        if reason is not None:
            return reason
        allowed = move.edits - forbidden(self.options.scope)
        edits = diff(start, model).edits
        undeclared = kinds_of_edits(start, edits) - allowed
        if undeclared:
            words = ", ".join(kind.value for kind in Edit if kind in undeclared)
            return f"it edits {words}, which it did not declare or must not"
        if self.options.scope.layers is not None:
            chosen = chosen_layers(start, self.options.scope.layers)
            outside = sorted(edited_layers(start, edits) - set(chosen))
            if outside:
                return f"it edits layer {outside[0]}, which `layers` leaves out"
        return self._over_budget(self.options.budget, model)

    def _over_budget(self, budget: PatchBudget, model: Model) -> str | None:
        if not budget.limited:
            return None
        count_bytes, count_edits = spent(self.base.quantized, model)
        if budget.holds(count_bytes, count_edits):
            return None
        return f"{count_bytes} bytes, {count_edits} values differ: more than the budget"

    def _evaluated(
        self,
        state: RepairState,
        name: str,
        proposal: Proposal,
        against: str | None,
        begun: float,
    ) -> RepairState:
        """The state after a proposal was evaluated (unless something is against it)."""
        if against is not None:
            refused = Comparison(better=False, why=against)
            proposal = replace(proposal, notes=(*proposal.notes, f"{name}: rejected: {against}"))
            return _with(proposal, _logged(state, name, refused, None, begun))
        after = self.evaluator.score(self.evaluator.outputs(proposal.model))
        comparison = after.against(state.score)
        logged = _with(proposal, _logged(state, name, comparison, after, begun))
        if not comparison.better:
            return logged
        return replace(
            logged,
            model=proposal.model,
            case=proposal.case or state.case,
            score=after,
            path=(*state.path, Accepted(model=proposal.model, score=after)),
        )


def _logged(
    state: RepairState, name: str, comparison: Comparison, after: Score | None, begun: float
) -> RepairState:
    """The state with one more step; ``after`` is None where its model was not evaluated."""
    step = step_of(name, comparison, state.score, after, begun)
    return replace(state, steps=(*state.steps, step))


def _with(proposal: Proposal, state: RepairState) -> RepairState:
    """The state with what a proposal remarks."""
    return replace(
        state,
        neurons=(*state.neurons, *proposal.neurons),
        notes=(*state.notes, *proposal.notes),
    )
