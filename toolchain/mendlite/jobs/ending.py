"""How a repair ended."""

from __future__ import annotations

from mendlite.case.validation import Evaluated
from mendlite.model.delta import Delta
from mendlite.model.report import Ending


def ending_of(evaluated: Evaluated, delta: Delta, *, keep_worse: bool) -> Ending:
    """How it ended: the acceptance rule of the steps, on held-out samples."""
    if delta.empty:
        return Ending.UNCHANGED
    evaluator = evaluated.evaluator
    if evaluator.score(evaluated.before).better_than(evaluator.score(evaluated.after)):
        return Ending.WORSE if keep_worse else Ending.BASE_KEPT
    return Ending.REPAIRED
