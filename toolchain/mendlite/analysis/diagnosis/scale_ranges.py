"""Each activation range of a file: the tensors that share it, float's values, who may change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mendlite.analysis.diagnosis.float_values import FloatValues
from mendlite.model.diagnosis import Recovery
from mendlite.model.graph import Model
from mendlite.model.interface import MayEdit
from mendlite.tflite.scale_groups import ScaleGroup, scale_groups

BOTH = MayEdit(inputs=True, outputs=True)

FIXED_OUTPUTS = frozenset({"SOFTMAX", "LOG_SOFTMAX", "LOGISTIC", "TANH", "L2_NORMALIZATION"})
"""Operators whose output has the same parameters in every file: no calibration sets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRange:
    """One range, of ``tensors`` that share it.

    ``values`` are float's, of those of the tensors that have a twin (at least one). ``fixed``: an
    operator sets it, no calibration. ``recovery`` is what it takes to edit it.
    """

    tensors: tuple[int, ...]
    values: tuple[FloatValues, ...]
    fixed: bool
    recovery: Recovery

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest real value that it holds."""
        return self.values[0].rounding.range

    @property
    def needed(self) -> tuple[float, float]:
        """The ends of float's values and 0, which every range has to hold."""
        low, high = (min(v.low for v in self.values), max(v.high for v in self.values))
        return min(low, 0.0), max(high, 0.0)

    @property
    def width(self) -> float:
        """How many times as wide as float's values it is; 0 where these are all 0."""
        low, high = self.needed
        ends = self.range
        return (ends[1] - ends[0]) / (high - low) if high > low else 0.0

    @property
    def reach(self) -> float:
        """How many times as far as its own part of them float's values reach, at least 1."""
        low, high = self.needed
        ends = self.range
        held = min(high, ends[1]) - max(low, ends[0])
        return (high - low) / held if held > 0 else 1.0

    @property
    def clipped_share(self) -> float:
        """The largest share of values that it clips in one of its tensors."""
        return max(v.clipped_share for v in self.values)

    @property
    def named(self) -> int:
        """The tensor that it is named by: the first one with a float twin."""
        return self.values[0].tensor


def scale_ranges(model: Model, values: Mapping[int, FloatValues]) -> tuple[ScaleRange, ...]:
    """The ranges with a float twin, inputs first, then in the order of the graph."""
    groups = scale_groups(model, BOTH)
    inside = {t for group in groups for t in group.tensors}
    sets = [(group.tensors, _recovery(model, group)) for group in groups]
    sets += [((t,), Recovery.NO) for t in values if t not in inside]
    ranges = []
    for tensors, recovery in sets:
        own = tuple(values[t] for t in tensors if t in values)
        if own:
            ranges.append(
                ScaleRange(
                    tensors=tensors,
                    values=own,
                    fixed=_fixed(model, tensors),
                    recovery=recovery,
                )
            )
    return tuple(ranges)


def _fixed(model: Model, tensors: tuple[int, ...]) -> bool:
    writers = [model.producer(t) for t in tensors]
    return any(writer is not None and writer.op in FIXED_OUTPUTS for writer in writers)


def _recovery(model: Model, group: ScaleGroup) -> Recovery:
    """What it takes to edit a group of ``scale_groups(model, BOTH)``."""
    inputs, outputs = (
        bool(set(group.tensors) & set(ends)) for ends in (model.inputs, model.outputs)
    )
    if group.frozen is not None:
        return Recovery.NO
    if inputs and outputs:
        return Recovery.EDIT_BOTH
    if inputs:
        return Recovery.EDIT_INPUTS
    return Recovery.EDIT_OUTPUTS if outputs else Recovery.YES


def together(recoveries: list[Recovery]) -> Recovery:
    """What it takes to edit several ranges; in part where some may never change."""
    kinds = set(recoveries)
    if Recovery.NO in kinds or Recovery.PART in kinds:
        return Recovery.NO if kinds == {Recovery.NO} else Recovery.PART
    kinds.discard(Recovery.YES)
    if not kinds:
        return Recovery.YES
    return kinds.pop() if len(kinds) == 1 else Recovery.EDIT_BOTH


def recovery_of(model: Model, tensor: int) -> Recovery:
    """What it takes to edit the range of one tensor."""
    own = next((g for g in scale_groups(model, BOTH) if tensor in g.tensors), None)
    return Recovery.NO if own is None else _recovery(model, own)
