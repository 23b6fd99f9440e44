"""Features that share the input's scale with much larger ones, and lose their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.fake_quant import FakeQuant
from mendlite.model.diagnosis import Diagnosis, Recovery

KIND = "feature-columns"

COLUMNS = 256
"""Most features that are looked at one by one: more are pixels or samples of a signal."""

FEW = 2
"""Levels on which a feature with more values carries almost no information."""

NAMED = 12
"""Columns that are listed."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding for each input: columns of its last axis that use one or two levels."""
    for tensor, rounding in evidence.inputs.items():
        values = evidence.real_inputs[tensor]
        if values.ndim < 2 or not 1 < values.shape[-1] <= COLUMNS:
            continue
        used = _levels(values, rounding)
        lost = np.flatnonzero(used.stored <= np.minimum(used.real - 1, FEW))
        # All of them: the range is at fault, not the company.
        if 0 < lost.size < values.shape[-1]:
            yield from _finding(evidence, tensor, rounding, lost, used)


class _Levels:
    """How many values the columns have, and how many of them remain when they are stored."""

    def __init__(self, values: NDArray[Any], stored: NDArray[Any]) -> None:
        """Both (n, ..., columns)."""
        columns = values.shape[-1]
        pairs = zip(values.reshape(-1, columns).T, stored.reshape(-1, columns).T, strict=True)
        counts = np.array([(np.unique(x).size, np.unique(q).size) for x, q in pairs], np.int64)
        self.real, self.stored = counts.T


def _levels(values: NDArray[np.float32], rounding: FakeQuant) -> _Levels:
    return _Levels(values, rounding.stored(values))


def _finding(
    evidence: Evidence,
    tensor: int,
    rounding: FakeQuant,
    lost: NDArray[np.int64],
    used: _Levels,
) -> Iterator[Diagnosis]:
    def part(x: NDArray[Any]) -> NDArray[Any]:
        rounded = x.copy()
        rounded[..., lost] = rounding(x[..., lost])
        return rounded

    cost = evidence.cost_of_rounding({tensor: part})
    if not evidence.matters(cost):
        return
    name, one = evidence.tensor(tensor), int(np.count_nonzero(used.stored[lost] == 1))
    listed = ", ".join(map(str, lost[:NAMED])) + (", ..." if lost.size > NAMED else "")
    values = evidence.real_inputs[tensor]
    span = np.ptp(values.reshape(-1, values.shape[-1]), axis=0)
    yield make_diagnosis(
        evidence,
        KIND,
        f"{name}, columns {listed}",
        f"{lost.size} of {used.real.size} features of {name} use {_count(one, lost.size)} of its "
        f"scale {float(rounding.quant.scale[0]):.3g} (columns {listed}): they vary by "
        f"{span[lost].min():.3g} to {span[lost].max():.3g}, the largest feature by "
        f"{span.max():.3g}",
        cost=cost,
        recoverable=Recovery.NO,
        advice="scale each feature to a like range (less its mean, by its deviation) before the "
        "model, in training and on the device, and convert again",
        tensors=(tensor,),
    )


def _count(one: int, lost: int) -> str:
    if one == lost:
        return "one level"
    return "two levels" if one == 0 else f"one or two levels ({one} use one)"
