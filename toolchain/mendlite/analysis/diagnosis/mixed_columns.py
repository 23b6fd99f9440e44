"""An output whose columns have very different ranges: boxes and scores, or values of other units.

Where a concatenation made it, ``shared_range`` names the parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.diagnosis.scale_ranges import FIXED_OUTPUTS
from mendlite.analysis.diagnosis.shared_range import MIXED
from mendlite.measure.outputs import Outputs
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.rows import sample_shape

TASKS = frozenset({"regression", "detection", "multi-label"})
"""Tasks whose columns are quantities of their own; classes and pixels compare with each other."""

COLUMNS = 128
"""Most columns of an axis that are looked at one by one."""

FEW = 4.0
"""Steps over which a column's values spread so that hardly any information is left."""

MANY = 64.0
"""Steps over which another column's values spread in the same tensor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumns:
    """The columns of one axis of an output: their spread in steps, f64[K]."""

    axis: int
    spread: NDArray[np.float64]

    @property
    def lost(self) -> NDArray[np.bool_]:
        """The columns that vary in float and hardly as stored."""
        result: NDArray[np.bool_] = (self.spread > 0) & (self.spread < FEW)
        return result


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding for each output that is evaluated."""
    if evidence.case.task.kind not in TASKS or evidence.case.float_model is None:
        return
    teacher, begin = evidence.evaluator.teacher, 0
    tensors = evidence.evaluated
    for head, tensor in enumerate(tensors):
        values = teacher.head(head)
        width = int(np.prod(values.shape[1:], dtype=np.int64))
        columns = _columns(evidence, tensor, values)
        if columns is not None:
            yield from _finding(evidence, tensor, columns, slice(begin, begin + width))
        begin += width


def _columns(evidence: Evidence, tensor: int, values: NDArray[np.float64]) -> OutputColumns | None:
    """The axis whose columns differ most, where some hardly vary within one step."""
    quant, writer = evidence.model.tensors[tensor].quant, evidence.model.producer(tensor)
    if quant is None or (writer is not None and writer.op in FIXED_OUTPUTS | {"CONCATENATION"}):
        return None
    step, found_ = float(quant.scale[0]), []
    for axis in range(1, values.ndim):
        if 1 < values.shape[axis] <= COLUMNS:
            others = tuple(a for a in range(values.ndim) if a != axis)
            spread = (values.max(axis=others) - values.min(axis=others)) / step
            found_.append(OutputColumns(axis=axis, spread=spread))
    suited = [c for c in found_ if c.lost.any() and c.spread.max() >= MANY]
    return max(suited, key=lambda c: int(np.count_nonzero(c.lost)), default=None)


def _finding(
    evidence: Evidence, tensor: int, columns: OutputColumns, part: slice
) -> Iterator[Diagnosis]:
    cost = evidence.cost_of_outputs(_rounded(evidence, tensor, columns, part))
    if not evidence.matters(cost):
        return
    name, lost = evidence.tensor(tensor), np.flatnonzero(columns.lost)
    listed = ", ".join(map(str, lost[:12])) + (", ..." if lost.size > 12 else "")
    yield make_diagnosis(
        evidence,
        MIXED,
        f"{name}, columns {listed} of axis {columns.axis}",
        f"values of very different range are in one tensor: {lost.size} of "
        f"{columns.spread.size} columns of {name} (columns {listed} of axis {columns.axis}) vary "
        f"by less than {FEW:.0f} steps of its scale, others by {columns.spread.max():.0f}",
        cost=cost,
        recoverable=Recovery.NO,
        advice="give values of different units an output each, or scale them to like ranges in the "
        "model, and convert again",
        tensors=(tensor,),
    )


def _rounded(evidence: Evidence, tensor: int, columns: OutputColumns, part: slice) -> Outputs:
    """Float's outputs with the lost columns rounded as the int8 file's tensor."""
    teacher, quant = evidence.evaluator.teacher, evidence.model.tensors[tensor].quantization()
    values = teacher.values.copy()
    shape = sample_shape(evidence.model.tensors[tensor])
    head = values[:, part].reshape(len(values), *shape)
    chosen = np.moveaxis(head, columns.axis, -1)
    chosen[..., columns.lost] = np.rint(chosen[..., columns.lost] / quant.scale[0]) * quant.scale[0]
    return Outputs(values=values, shapes=teacher.shapes, inputs=teacher.inputs)
