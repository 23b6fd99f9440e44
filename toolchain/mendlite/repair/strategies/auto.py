"""The strategy ``auto``: what costs more first, by the noise budget."""

from __future__ import annotations

from dataclasses import replace

from mendlite.analysis.noise_budget import NoiseBudget, noise_budget
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.repair.engine.accept import Progression, steps_of_all
from mendlite.repair.engine.attempts import (
    take_calibrate,
    take_margins,
    take_reconstruct,
    take_requantized,
    take_scales,
    take_squares,
    take_weights,
)
from mendlite.repair.engine.context import Plan

RANGES_FIRST = 2.0
"""Ranges come first where they cost so many times what the weights cost."""

BUDGETED = 256
"""Repair samples of the noise budget."""


def auto(plan: Plan, progression: Progression) -> Progression:
    """What costs more first, by the noise budget; both orders where that takes seconds."""
    progression = take_requantized(plan, progression)
    if not plan.ranges:
        return take_margins(plan, take_weights(plan, progression))
    case = replace(progression.case, quantized=progression.model)
    samples = case.sets.repair.some(BUDGETED)
    budget = noise_budget(case, Evaluator.of(case, samples))
    orders = [_weights_first, _ranges_first]
    if budget.ranges.loss > RANGES_FIRST * budget.weights.loss:
        orders.reverse()
    note = _explained(case, budget, ranges_first=orders[0] is _ranges_first)
    progression = replace(progression, notes=(*progression.notes, note))
    found = orders[0](plan, progression)
    if plan.small:
        other = orders[1](plan, replace(progression, tried=found.tried))
        found = take_reconstruct(plan, _better(found, other, progression))
    return take_margins(plan, found)


def _explained(case: Case, budget: NoiseBudget, *, ranges_first: bool) -> str:
    name = case.task.loss_name
    order = "ranges before weights" if ranges_first else "weights before ranges"
    return (
        f"noise budget, {name} alone: weights {budget.weights.loss:.3g}, ranges "
        f"{budget.ranges.loss:.3g}, what cannot be edited {budget.fixed.loss:.3g}: {order}"
    )


def _better(first: Progression, second: Progression, start: Progression) -> Progression:
    """The better end of two orders, with the steps of both."""
    best = second if second.score.better_than(first.score) else first
    notes = tuple(note for note in second.notes if note not in first.notes)
    steps = steps_of_all(start, (first, second), best)
    return replace(best, steps=steps, notes=(*first.notes, *notes))


def _ranges_first(plan: Plan, progression: Progression) -> Progression:
    """Calibration and the search of ranges, then the weights for them."""
    return take_weights(plan, take_scales(plan, take_calibrate(plan, progression)))


def _weights_first(plan: Plan, progression: Progression) -> Progression:
    """The weights for the ranges as they are, then ranges, then the weights for those."""
    progression = take_weights(plan, progression)
    weighed = progression.model
    progression = take_scales(plan, take_calibrate(plan, progression))
    if progression.model is weighed:
        return progression
    # Channels were rescaled already: once more only where that takes seconds.
    return (take_weights if plan.small else take_squares)(plan, progression)
