"""What a report states where selection and validation samples are unlike."""

from __future__ import annotations

from mendlite.case.evaluate import Evaluator
from mendlite.measure.expected_failing import margins_of, not_expected
from mendlite.measure.likeness import NearShares


def selection_note(selection: Evaluator, validation: Evaluator) -> str | None:
    """A sentence where float's margins on the two sets are unlike; None for other tasks."""
    case = selection.case
    if not_expected(case.task.kind, case.recipe.teacher):
        return None
    shares = NearShares.of(margins_of(selection.teacher), margins_of(validation.teacher))
    if not shares.unlike:
        return None
    few = shares.share < shares.other_share
    return (
        f"{shares.share:.1%} of the selection samples, which decide about steps, lie as near a "
        f"decision of the float model as {shares.other_share:.1%} of the validation samples: "
        + (
            "it may have been trained on them, and steps that help may be rejected"
            if few
            else "they may be of another kind, and steps may be accepted that help those alone"
        )
        + "; select by samples that are like those of use and new to the model"
    )
