"""A diagnosis in words."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.model.diagnosis import Diagnosis

NOTHING = "diagnosis: nothing stands out; the loss is spread over weights and activations"


def diagnosis_lines(diagnosis: Sequence[Diagnosis], loss_name: str) -> list[str]:
    """The findings, three lines each: what it is, what it costs and what helps, what to change.

    Parameters stand in backticks. A single line where there are no findings.
    """
    if not diagnosis:
        return [NOTHING]
    return [
        "diagnosis:",
        *(line for n, one in enumerate(diagnosis, 1) for line in _finding(n, one, loss_name)),
    ]


def _finding(number: int, one: Diagnosis, loss_name: str) -> list[str]:
    return [
        f"{number}. {one.sentence}",
        f"   {cost_words(one, loss_name)}; {one.recoverable.words}",
        f"   else: {one.advice} (docs/{one.page})",
    ]


def cost_words(one: Diagnosis, loss_name: str) -> str:
    """What a finding alone costs."""
    if one.cost is None:
        return "what it costs cannot be measured"
    return (
        f"alone it costs {one.cost.failing} of {one.samples} tests and {loss_name} "
        f"{one.cost.loss:.3g}"
    )
