"""Tensors that an operator forces to share a range: the smaller ones keep few levels.

AVERAGE_POOL_2D has the parameters of its input; CONCATENATION gives all its parts one. Where the
joined tensor is an output of the graph, it is a kind of its own: its outputs share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendlite.analysis.diagnosis.evidence import Evidence, figures
from mendlite.analysis.diagnosis.float_values import FloatValues
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.graph import Operator
from mendlite.tflite.scale_groups import PASS_THROUGH, scale_groups

POOLED = "shared-range"
MIXED = "mixed-output"

NARROW = 8.0
"""Times as wide as a tensor's values its range must be, so that few levels remain of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """An operator, the tensor that determines the common range, and those that suffer by it."""

    operator: Operator
    widest: FloatValues
    narrow: tuple[FloatValues, ...]


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """A finding for each operator that makes a tensor of much smaller values share a range."""
    for operator in evidence.model.operators:
        sharing = _sharing(evidence, operator) if operator.op in PASS_THROUGH else None
        if sharing is None:
            continue
        cost = evidence.cost_of_ranges([v.tensor for v in sharing.narrow])
        if evidence.matters(cost):
            describe = _mixed if _joins_outputs(evidence, operator) else _pooled
            yield describe(evidence, sharing)


def _sharing(evidence: Evidence, operator: Operator) -> Sharing | None:
    own = (evidence.values.get(t) for t in dict.fromkeys((*operator.inputs, *operator.outputs)))
    values = [v for v in own if v is not None and v.span > 0]
    if len(values) < 2:
        return None
    widest = max(values, key=lambda v: v.span)
    low, high = widest.rounding.range
    # A range that suits none of them is too wide for another reason.
    if high - low >= NARROW * widest.span:
        return None
    narrow = tuple(v for v in values if high - low >= NARROW * v.span)
    return Sharing(operator=operator, widest=widest, narrow=narrow) if narrow else None


def _joins_outputs(evidence: Evidence, operator: Operator) -> bool:
    """Whether it is a concatenation that ends in an output of the graph."""
    if operator.op != "CONCATENATION":
        return False
    groups = (set(g.tensors) for g in scale_groups(evidence.model))
    own = next((g for g in groups if operator.outputs[0] in g), {operator.outputs[0]})
    return bool(own & set(evidence.model.outputs))


def _parts(evidence: Evidence, values: Sequence[FloatValues]) -> str:
    return ", ".join(
        f"{evidence.tensor(v.tensor)} ({figures(v.low, v.high)}, {v.levels} levels)" for v in values
    )


def _levels(sharing: Sharing) -> str:
    return f"{sharing.widest.rounding.levels:,} levels"


def _mixed(evidence: Evidence, sharing: Sharing) -> Diagnosis:
    output = sharing.operator.outputs[0]
    low, high = sharing.widest.rounding.range
    tensors = [v.tensor for v in sharing.narrow]
    return make_diagnosis(
        evidence,
        MIXED,
        evidence.tensor(output),
        f"values of very different range are in one tensor: {evidence.tensor(output)} holds "
        f"{figures(low, high)}, and of its {_levels(sharing)} few are left for "
        f"{_parts(evidence, sharing.narrow)}",
        cost=evidence.cost_of_ranges(tensors),
        recoverable=Recovery.NO,
        advice="give boxes and scores an output each, or divide the boxes by the image's size in "
        "the model, and convert again",
        tensors=(output, *tensors),
    )


def _pooled(evidence: Evidence, sharing: Sharing) -> Diagnosis:
    operator, low_high = sharing.operator, figures(*sharing.widest.rounding.range)
    tensors = [v.tensor for v in sharing.narrow]
    return make_diagnosis(
        evidence,
        POOLED,
        f"operator {operator.index} {operator.op}",
        f"operator {operator.index} {operator.op} makes tensors share the range {low_high} of "
        f"{evidence.tensor(sharing.widest.tensor)}: few of its {_levels(sharing)} are left for "
        f"{_parts(evidence, sharing.narrow)}",
        cost=evidence.cost_of_ranges(tensors),
        recoverable=Recovery.PART,
        advice="use MEAN (GlobalAveragePooling) instead of AVERAGE_POOL_2D, and scale the parts of "
        "a concatenation to like ranges: both are free to have a range of their own then",
        tensors=tensors,
    )
