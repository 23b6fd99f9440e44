"""A range that no edit may change, which costs most without being too wide or too narrow."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.analysis.diagnosis.evidence import Evidence, figures
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.diagnosis.scale_ranges import FIXED_OUTPUTS, recovery_of
from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis
from mendlite.tflite.scale_groups import scale_groups

KIND = "fixed-range"

MOST = 0.5
"""Share of the int8 file's loss that counts as most of it."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding: the tensor that costs most among those whose parameters must stay."""
    costs = {t: cost for t in evidence.fixed if (cost := evidence.cost_of_ranges((t,)))}
    if not costs:
        return
    worst = max(costs, key=lambda tensor: costs[tensor].loss)
    cost = costs[worst]
    if cost.failing and cost.loss >= MOST * evidence.total.loss:
        yield _finding(evidence, worst, cost)


def _finding(evidence: Evidence, tensor: int, cost: Cost) -> Diagnosis:
    values, name = evidence.values[tensor], evidence.tensor(tensor)
    writer = evidence.model.producer(tensor)
    curve = writer is not None and writer.op in FIXED_OUTPUTS
    return make_diagnosis(
        evidence,
        KIND,
        name,
        f"most of the loss is the rounding of {name}, {_reason(evidence, tensor)}: its steps of "
        f"{float(values.rounding.quant.scale[0]):.3g} are too coarse for float's "
        f"{figures(values.low, values.high)}",
        cost=cost,
        recoverable=recovery_of(evidence.model, tensor),
        advice="leave the last operator out of the model and compute it in float on the device"
        if curve
        else "keep this tensor in float or int16, or choose an operator with a scale of its own",
        tensors=(tensor,),
    )


def _reason(evidence: Evidence, tensor: int) -> str:
    group = next((g for g in scale_groups(evidence.model) if tensor in g.tensors), None)
    return (group.frozen if group is not None else None) or "which is not int8"
