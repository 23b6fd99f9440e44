"""Plans of moves as data: small frozen nodes, each of which runs its moves on the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move

Condition = Callable[[Facts], bool]
"""A property of the facts that is known without a replay."""


class PlanNode(ABC):
    """A part of a plan."""

    @abstractmethod
    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """The state after this part."""

    @abstractmethod
    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """The moves that it attempts where ``facts`` are given, else all that it may attempt."""

    def most(self, facts: Facts) -> int | None:
        """How many steps it takes at most; None where that is not known beforehand."""
        return sum(1 for _ in self.moves(facts))


Step = Move | PlanNode
"""A move, or several in a node."""


def run_step(engine: Engine, state: RepairState, step: Step) -> RepairState:
    """The state after one step."""
    return engine.attempt(state, step) if isinstance(step, Move) else step.run(engine, state)


def moves_of(step: Step, facts: Facts | None = None) -> Iterator[Move]:
    """The moves of one step, as ``PlanNode.moves``."""
    return iter((step,)) if isinstance(step, Move) else step.moves(facts)


def most_steps(step: Step, facts: Facts) -> int | None:
    """How many steps one takes at most, as ``PlanNode.most``."""
    return 1 if isinstance(step, Move) else step.most(facts)


@dataclass(frozen=True)
class InOrder(PlanNode):
    """One step after the other, each from what the last one left."""

    steps: tuple[Step, ...]

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        for step in self.steps:
            state = run_step(engine, state, step)
        return state

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        return chain.from_iterable(moves_of(step, facts) for step in self.steps)


NOTHING = InOrder(())


def in_order(*steps: Step) -> InOrder:
    """The steps one after the other."""
    return InOrder(steps)


@dataclass(frozen=True)
class Where(PlanNode):
    """``then`` where the condition holds, else ``otherwise``."""

    condition: Condition
    then: Step
    otherwise: Step = NOTHING

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        return run_step(engine, state, self._chosen(engine.context(state)))

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        if facts is not None:
            return moves_of(self._chosen(facts), facts)
        return chain(moves_of(self.then), moves_of(self.otherwise))

    def _chosen(self, facts: Facts) -> Step:
        return self.then if self.condition(facts) else self.otherwise


@dataclass(frozen=True)
class IfApplies(PlanNode):
    """A move where it applies; elsewhere it leaves no note."""

    move: Move

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        applies = self.move.why_not(engine.context(state)) is None
        return engine.attempt(state, self.move) if applies else state

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        if facts is None or self.move.why_not(facts) is None:
            yield self.move


@dataclass(frozen=True)
class Followed(PlanNode):
    """``first``, then one step where it changed the model and another where it did not."""

    first: Step
    if_changed: Step = NOTHING
    if_unchanged: Step = NOTHING

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        after = run_step(engine, state, self.first)
        unchanged = after.model is state.model
        return run_step(engine, after, self.if_unchanged if unchanged else self.if_changed)

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        steps = (self.first, self.if_changed, self.if_unchanged)
        return chain.from_iterable(moves_of(step, facts) for step in steps)


def until_changed(first: Step, *others: Step) -> Step:
    """The steps one after the other, up to the first that changes the model."""
    return Followed(first, if_unchanged=until_changed(*others)) if others else first


@dataclass(frozen=True)
class Alternatives(PlanNode):
    """Moves that each begin from the same model; each is compared with the best so far."""

    alternatives: tuple[Move, ...]

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        start = state.model
        for move in self.alternatives:
            state = engine.attempt(state, move, start=start)
        return state

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:  # noqa: ARG002 - the same
        """As ``PlanNode``."""
        return iter(self.alternatives)
