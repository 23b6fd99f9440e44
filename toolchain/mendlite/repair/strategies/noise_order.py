"""Two orders of the same parts: what costs more first, by the noise budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from mendlite.analysis.noise_budget import NoiseBudget
from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState, in_order_named, steps_of_all
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move
from mendlite.repair.strategies.plan import Condition, PlanNode, Step, moves_of, run_step

RATIO = 2.0
"""Ranges come first where they cost so many times what the weights cost."""

WEIGHTS_FIRST, RANGES_FIRST = "weights before ranges", "ranges before weights"
"""The orders by their names in the report."""

SAMPLES = 256
"""Repair samples of the noise budget."""


@dataclass(frozen=True)
class ByNoiseBudget(PlanNode):
    """The order that begins with what costs more; where ``both`` holds, the better of the two."""

    weights_first: Step
    ranges_first: Step
    both: Condition

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        samples = state.case.sets.repair.some(SAMPLES)
        scope = engine.options.scope
        budget = engine.unless_stopped(
            lambda: engine.statistics.noise_budget(
                state.case, state.model, samples, scope.interface
            )
        )
        if budget is None:
            return state
        ranges_first = budget.ranges.loss > RATIO * budget.weights.loss
        orders = [self.weights_first, self.ranges_first]
        first, second = reversed(orders) if ranges_first else orders
        note = _explained(state.case.task.loss_name, budget, ranges_first=ranges_first)
        state = replace(state, notes=(*state.notes, note))
        names = (RANGES_FIRST, WEIGHTS_FIRST) if ranges_first else (WEIGHTS_FIRST, RANGES_FIRST)
        end = run_step(engine, state, first)
        if not self.both(engine.context(state)) or engine.stopped:
            return end
        other = run_step(engine, replace(state, rejected=end.rejected), second)
        ends = (in_order_named(state, end, names[0]), in_order_named(state, other, names[1]))
        return _better(*ends, state)

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        return chain(moves_of(self.weights_first, facts), moves_of(self.ranges_first, facts))


def _explained(loss_name: str, budget: NoiseBudget, *, ranges_first: bool) -> str:
    order = RANGES_FIRST if ranges_first else WEIGHTS_FIRST
    return (
        f"noise budget, {loss_name} alone: weights {budget.weights.loss:.3g}, ranges "
        f"{budget.ranges.loss:.3g}, what cannot be edited {budget.fixed.loss:.3g}: {order}"
    )


def _better(first: RepairState, second: RepairState, start: RepairState) -> RepairState:
    """The better end of two orders, with the steps of both."""
    best = second if second.score.better_than(first.score) else first
    notes = tuple(note for note in second.notes if note not in first.notes)
    steps = steps_of_all(start, (first, second), best, "the other order ended better")
    return replace(best, steps=steps, notes=(*first.notes, *notes))
