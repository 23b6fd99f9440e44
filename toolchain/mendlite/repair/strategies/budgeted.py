"""What a budget of bytes or values is spent on: the most loss saved a byte, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState, steps_of_all
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move
from mendlite.repair.strategies.plan import PlanNode
from mendlite.tflite.patch_size import spent

WORTH = 0.02
"""Share of the loss that a round must save for another one to be worth its time."""


@dataclass(frozen=True)
class EachWhileItHelps(PlanNode):
    """Attempt all moves from the same model, continue from the best one, until none helps."""

    choices: tuple[Move, ...]

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        while True:
            context = engine.context(state)
            ends = [
                engine.attempt(state, move, name=f"{move.step} in budget")
                for move in self.choices
                if move.why_not(context) is None
            ]
            best = _best(state, ends)
            before = state.score.loss
            state = _with_steps_of_all(state, ends, best)
            if best is None or best.score.loss > before * (1 - WORTH):
                return state

    def most(self, facts: Facts) -> None:  # noqa: ARG002 - the same for all
        """As ``PlanNode``: rounds go on while they help."""
        return

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        return (m for m in self.choices if facts is None or m.why_not(facts) is None)


def _best(before: RepairState, ends: Sequence[RepairState]) -> RepairState | None:
    """The end that saves most loss a byte; None where no model was accepted."""

    def rate(after: RepairState) -> float:
        used, _ = spent(before.model, after.model)
        return (before.score.loss - after.score.loss) / max(used, 1)

    accepted = [end for end in ends if end.model is not before.model]
    return max(accepted, key=rate, default=None)


def _with_steps_of_all(
    before: RepairState, ends: Sequence[RepairState], best: RepairState | None
) -> RepairState:
    """The best of what was attempted from ``before``, with the steps of all."""
    rejected = before.rejected.union(*(end.rejected for end in ends))
    steps = steps_of_all(before, ends, best, "another move saves more loss a byte")
    return replace(best or before, steps=steps, rejected=rejected)
