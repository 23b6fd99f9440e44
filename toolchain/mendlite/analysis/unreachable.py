"""What cannot be recovered by editing, where it causes most of the loss: read off the diagnosis.

The ranges of the graph's inputs and outputs are the caller's contract, and some operators fix
theirs: a repair keeps them, the first unless the caller permits otherwise. Where they cause the
loss, it must report so rather than look successful.
"""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.diagnosis.fixed_range import MOST
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.interface import NEITHER, MayEdit
from mendlite.model.report import Unreachable


def unreachable_of(
    evidence: Evidence, diagnosis: Sequence[Diagnosis], may: MayEdit = NEITHER
) -> Unreachable | None:
    """The tensor that hurts most among those that must keep their parameters.

    ``may`` is the permission for the graph's inputs and outputs. None where they cause less than
    most of the loss, where no test fails by them, or where there is no float model to tell.
    """
    fixed = evidence.fixed_under(may)
    cost = evidence.cost_of_ranges(fixed)
    if not fixed or cost is None:
        return None
    if not cost.failing or cost.loss < MOST * evidence.total.loss:
        return None
    costs = {t: evidence.cost_of_ranges((t,)) for t in fixed}
    worst = max(fixed, key=lambda t: of_tensor.loss if (of_tensor := costs[t]) else 0.0)
    return Unreachable(
        tensor=worst,
        name=evidence.model.tensors[worst].name,
        loss=cost.loss,
        total=evidence.total.loss,
        why=_why(evidence, worst, diagnosis),
    )


def _why(evidence: Evidence, tensor: int, diagnosis: Sequence[Diagnosis]) -> str:
    """The finding about the tensor alone, else about it and others."""
    about = [d for d in diagnosis if tensor in d.tensors and d.recoverable is not Recovery.YES]
    if not about:
        return f"the steps of {evidence.tensor(tensor)} are too coarse for the task"
    chosen = min(about, key=lambda d: len(d.tensors))
    return f"{chosen.sentence}; {chosen.advice}"
