"""The log of a repair's steps, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mendlite.model.report import Report, SelectionScore, Step


def step_lines(report: Report) -> Iterator[str]:
    """A line a step; where two orders were tried, each under its name."""
    if not report.steps:
        return
    loss, number, orders = report.validation.loss_name, 0, 0
    yield f"steps, on {report.steps[0].selection_before.samples} selection samples:"
    for order, steps in groupby(report.steps, key=lambda step: step.order):
        if order:
            orders += 1
            which = "first order" if orders == 1 else "second order, tried as well"
            yield f"  {which}: {order}"
        for step in steps:
            number += 1
            indent = "    " if order else "  "
            yield f"{indent}{number} {step_sentence(step, loss)}; {step.seconds:.1f} s"


def step_sentence(step: Step, loss_name: str) -> str:
    """What a step reached, and the rule that accepted or rejected it."""
    verdict = "accepted" if step.accepted else "rejected"
    before, after = step.selection_before, step.selection_after
    moved = f"{before.failing} → {after.failing} fail, {loss_name} {before.loss:.3g} → "
    return f"{step.name}: {verdict}: {step.why}; {moved}{after.loss:.3g}"


def standing(score: SelectionScore, loss_name: str) -> str:
    """The best so far in a few words."""
    return f"{score.failing} of {score.samples} fail, {loss_name} {score.loss:.3g}"


def clock_time(seconds: float) -> str:
    """A duration as on a clock: 0:07, 12:40, 1:02:03."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    shown = f"{minutes:02}" if hours else f"{minutes}"
    return f"{f'{hours}:' if hours else ''}{shown}:{whole % 60:02}"
