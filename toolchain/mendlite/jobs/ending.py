"""How a repair ended, and the headline."""

from __future__ import annotations

from mendlite.case.case import Case
from mendlite.case.validation import Evaluated
from mendlite.model.delta import Delta
from mendlite.model.report import Ending, Unreachable
from mendlite.model.scores import Validation


def ending_of(evaluated: Evaluated, delta: Delta, *, keep_worse: bool) -> Ending:
    """How it ended: the acceptance rule of the steps, on held-out samples."""
    if not delta.size:
        return Ending.UNCHANGED
    evaluator = evaluated.evaluator
    if evaluator.score(evaluated.before).better_than(evaluator.score(evaluated.after)):
        return Ending.WORSE if keep_worse else Ending.BASE_KEPT
    return Ending.REPAIRED


def headline(
    case: Case, ending: Ending, validation: Validation, unreachable: Unreachable | None
) -> str:
    """The sentence that the command prints first."""
    said = {
        Ending.REPAIRED: f"repaired: {_figures(validation)}",
        Ending.UNCHANGED: "nothing was changed: no step made the selection samples better; "
        "repaired.tflite equals the base file",
        Ending.BASE_KEPT: "NOT repaired: what the steps reached is worse on held-out samples "
        f"({_figures(validation)}), so the base file is kept and no repaired.tflite was "
        "written; `keep_worse` writes it anyway",
        Ending.WORSE: f"WORSE than the base file: {_figures(validation)}; written because "
        "of `keep_worse`",
    }[ending]
    reason = "" if unreachable is None else f"; {unreachable.sentence(case.task.loss_name)}"
    return f"{case.name}: {said}{reason}"


def _figures(validation: Validation) -> str:
    before, after = validation.int8, validation.repaired
    if after is None:
        return f"{before.failing} of {validation.samples} fail"
    return (
        f"{before.failing} -> {after.failing} of {validation.samples} validation samples fail, "
        f"{validation.loss_name} {before.loss:.3g} -> {after.loss:.3g}"
    )
