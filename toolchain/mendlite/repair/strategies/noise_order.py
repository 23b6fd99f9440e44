"""Two orders of the same parts: what costs more first, by the noise budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from mendlite.analysis.noise_budget import NoiseBudget
from mendlite.arith.ordered_sums import mean_of
from mendlite.case.affordable import affordable
from mendlite.case.evaluate import evaluate
from mendlite.model.samples import Samples
from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState, in_order_named, steps_of_all
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move
from mendlite.repair.strategies.plan import (
    Condition,
    PlanNode,
    Step,
    in_order,
    moves_of,
    run_step,
)

RATIO = 2.0
"""Ranges come first where they cost so many times what the weights cost."""

WEIGHTS_FIRST, RANGES_FIRST = "weights before ranges", "ranges before weights"
"""The orders by their names in the report."""

WORTH = 0.2
"""Share of the loss that is left, from which what costs less is repaired, too, where a step takes
minutes: it cannot save more than it costs."""

SAMPLES = 256
"""Repair samples of the noise budget, fewer of a large network."""


@dataclass(frozen=True)
class Order:
    """What costs more, ``first``, and ``then`` the other."""

    first: Step
    then: Step

    @property
    def whole(self) -> Step:
        """Both."""
        return in_order(self.first, self.then)


@dataclass(frozen=True)
class ByNoiseBudget(PlanNode):
    """The order that begins with what costs more; where ``both`` holds, the better of the two.

    Where ``sparing`` holds, what costs less than WORTH of the loss that is left is left out.
    """

    weights_first: Order
    ranges_first: Order
    both: Condition
    sparing: Condition

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        samples = state.case.sets.repair.some(affordable(state.model, SAMPLES))
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
        if self.sparing(engine.context(state)):
            cost = min(budget.ranges.loss, budget.weights.loss)
            return _spared(engine, state, first, cost, samples)
        end = run_step(engine, state, first.whole)
        if not self.both(engine.context(state)) or engine.stopped:
            return end
        other = run_step(engine, replace(state, rejected=end.rejected), second.whole)
        ends = (in_order_named(state, end, names[0]), in_order_named(state, other, names[1]))
        return _better(*ends, state)

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:
        """As ``PlanNode``."""
        orders = (self.weights_first.whole, self.ranges_first.whole)
        return chain.from_iterable(moves_of(order, facts) for order in orders)


def _spared(
    engine: Engine, state: RepairState, order: Order, other: float, samples: Samples
) -> RepairState:
    """The end of ``order``; its second part, which costs ``other``, only where that is enough.

    ``samples`` are those of the noise budget: of other samples the loss can be many times as large.
    """
    end = run_step(engine, state, order.first)
    if engine.stopped:
        return end
    left = engine.unless_stopped(lambda: _loss(engine, end, samples))
    if left is None or other >= WORTH * left:
        return run_step(engine, end, order.then)
    name = state.case.task.loss_name
    return end.noting(
        f"the rest of the noise budget, {name} {other:.3g}, was not repaired: less than "
        f"{WORTH:.0%} of the {name} {left:.3g} that is left, of a large network"
    )


def _loss(engine: Engine, state: RepairState, samples: Samples) -> float:
    """The mean loss of the state's model on ``samples``."""
    case = state.case
    teacher = engine.statistics.teacher_outputs(case, samples)
    return mean_of(case.task.loss(teacher, evaluate(case, state.model, samples)))


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
