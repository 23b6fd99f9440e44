"""An output that saturates, or whose values use few levels of a range that is too wide."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.analysis.diagnosis.evidence import Evidence, figures, percent, times
from mendlite.analysis.diagnosis.float_values import FloatValues
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.diagnosis.scale_ranges import FIXED_OUTPUTS, recovery_of
from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis

KIND = "output-range"

WIDE = 8.0
"""A range so many times as wide as float's values leaves them few levels."""

CLIPPED = 0.01
"""Share of saturated values that is worth a look at their cost."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding for each output of the graph and each tensor that is evaluated."""
    for tensor in dict.fromkeys((*evidence.evaluated, *evidence.model.outputs)):
        values, writer = evidence.values.get(tensor), evidence.model.producer(tensor)
        if values is None or (writer is not None and writer.op in FIXED_OUTPUTS):
            continue
        what = _saturated(values) or _few_levels(values)
        cost = evidence.cost_of_ranges((tensor,)) if what else None
        if what and evidence.matters(cost):
            yield _finding(evidence, values, what, cost)


def _saturated(values: FloatValues) -> str:
    if values.clipped_share < CLIPPED:
        return ""
    return (
        f"holds {figures(*values.rounding.range)} of float's {figures(values.low, values.high)}: "
        f"{percent(values.clipped_share)} of the values are stored as its ends"
    )


def _few_levels(values: FloatValues) -> str:
    low, high = values.rounding.range
    if values.span <= 0 or high - low < WIDE * values.span:
        return ""
    return (
        f"holds {figures(low, high)}, {times((high - low) / values.span)} times as wide as float's "
        f"{figures(values.low, values.high)}, which use {values.levels} of its "
        f"{values.rounding.levels:,} levels"
    )


def _finding(evidence: Evidence, values: FloatValues, what: str, cost: Cost | None) -> Diagnosis:
    name = evidence.tensor(values.tensor)
    readers = {o.op for o in evidence.model.consumers(values.tensor)}
    return make_diagnosis(
        evidence,
        KIND,
        name,
        f"{name}{' (read by SOFTMAX)' if 'SOFTMAX' in readers else ''} {what}",
        cost=cost,
        recoverable=recovery_of(evidence.model, values.tensor),
        advice="calibrate with samples like these, so that the output's range is that of float's "
        "values; a range set by hand in a quantizer's recipe has to hold them",
        tensors=(values.tensor,),
    )
