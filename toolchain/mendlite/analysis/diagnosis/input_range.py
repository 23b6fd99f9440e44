"""An input whose range clips the samples' values, or is many times as wide as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.diagnosis.calibration import most
from mendlite.analysis.diagnosis.evidence import Evidence, figures, percent, times
from mendlite.analysis.diagnosis.float_values import outside, span_of
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.diagnosis.scale_ranges import recovery_of
from mendlite.analysis.fake_quant import FakeQuant
from mendlite.model.diagnosis import Diagnosis

KIND = "input-range"

WIDE = 8.0
"""A range so many times as wide as the samples' values leaves them few levels."""

CLIPPED = 1e-3
"""Share of clipped values that is worth a look at their cost."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding for each input."""
    for tensor, rounding in evidence.inputs.items():
        values = evidence.real_inputs[tensor]
        beyond = outside(values, rounding)
        if beyond.mean() >= CLIPPED:
            yield from _clipped(evidence, tensor, rounding, beyond)
        elif tensor not in most(evidence):
            yield from _wide(evidence, tensor, rounding, values)


def _clipped(
    evidence: Evidence, tensor: int, rounding: FakeQuant, beyond: NDArray[np.bool_]
) -> Iterator[Diagnosis]:
    low, high = (np.float32(end) for end in rounding.range)

    def clip(x: NDArray[Any]) -> NDArray[Any]:
        return np.minimum(np.maximum(x, low), high)

    cost = evidence.cost_of_rounding({tensor: clip})
    if not evidence.matters(cost):
        return
    values = evidence.real_inputs[tensor]
    samples = int(np.count_nonzero(beyond.reshape(len(beyond), -1).any(axis=1)))
    name = evidence.tensor(tensor)
    yield make_diagnosis(
        evidence,
        KIND,
        name,
        f"{name} holds {figures(*rounding.range)} of the samples' "
        f"{figures(float(values.min()), float(values.max()))}: {percent(float(beyond.mean()))} of "
        f"the values, in {samples} of {len(beyond)} samples, are clipped",
        cost=cost,
        recoverable=recovery_of(evidence.model, tensor),
        advice="calibrate with samples that reach as far as these; if the samples are fed "
        "otherwise on the device, correct [[inputs]] first",
        tensors=(tensor,),
    )


def _wide(
    evidence: Evidence, tensor: int, rounding: FakeQuant, values: NDArray[np.float32]
) -> Iterator[Diagnosis]:
    low, high = rounding.range
    span = span_of(float(values.min()), float(values.max()))
    if span <= 0 or (high - low) < WIDE * span:
        return
    cost = evidence.cost_of_ranges((tensor,))
    if not evidence.matters(cost):
        return
    name = evidence.tensor(tensor)
    yield make_diagnosis(
        evidence,
        KIND,
        name,
        f"{name} holds {figures(low, high)}, {times((high - low) / span)} times as wide as the "
        f"samples' {figures(float(values.min()), float(values.max()))}, which use "
        f"{np.unique(rounding.stored(values)).size} of its {rounding.levels:,} levels",
        cost=cost,
        recoverable=recovery_of(evidence.model, tensor),
        advice="see whether the samples are fed in the unit that the model was calibrated in "
        "([[inputs]]); else calibrate with samples like these",
        tensors=(tensor,),
    )
