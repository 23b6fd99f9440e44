"""The loss by step, as a waterfall: a bar from the loss before a step to the loss after it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mendlite.model.report import Step
from mendlite.report.html.axis import PlotAxis, beside
from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import Rectangle, box, line, picture, text

WIDTH, HEIGHT = 640, 300
LEFT, TOP, BOTTOM = 52, 28, 24
THIN = 1.5


def steps_plot(steps: Sequence[Step], loss_name: str) -> Markup:
    """The waterfall; a step's number is the one of the table below it."""
    ends = [x.loss for s in steps for x in (s.selection_before, s.selection_after)]
    axis = PlotAxis.log_of(ends, HEIGHT - BOTTOM, TOP)
    slot = (WIDTH - LEFT - 4) / max(len(steps), 1)
    parts = [beside(axis, LEFT, WIDTH, f"{loss_name} on the selection samples")]
    accepted: float | None = None
    for index, step in enumerate(steps):
        x, width = LEFT + index * slot + slot * 0.15, slot * 0.7
        if accepted is not None and step.selection_before.loss == accepted:
            parts.append(_joint(axis, accepted, x - slot * 0.3, x))
        parts.append(_bar(axis, step, index + 1, x, width))
        if len(steps) <= 30 or index % 5 == 4:
            parts.append(text(x + width / 2, HEIGHT - 8, str(index + 1), "middle", "tick"))
        accepted = step.selection_after.loss if step.accepted else accepted
    label = f"{loss_name} before and after each of {len(steps)} steps; the table below has the same"
    return picture(label, WIDTH, HEIGHT, *parts)


def _bar(axis: PlotAxis, step: Step, number: int, x: float, width: float) -> Markup:
    before, after = step.selection_before.loss, step.selection_after.loss
    ends = sorted((axis.at(before), axis.at(after)))
    better = "better" if after <= before else "worse"
    class_ = f"step {better}" if step.accepted else f"step {better} rejected"
    verdict = "accepted" if step.accepted else "rejected"
    note = f"{number} {step.name}: {verdict}, {figure(before)} to {figure(after)}"
    return box(Rectangle(x, ends[0], width, max(ends[1] - ends[0], THIN)), class_, note)


def _joint(axis: PlotAxis, loss: float, begin: float, end: float) -> Markup:
    """Where a step begins at the loss of the last accepted one."""
    return line(begin, axis.at(loss), end, axis.at(loss), "joint")
