"""The edits between two files of the same graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.tflite.edits import field_edit, make_delta
from mendlite.tflite.fields import find_field
from mendlite.tflite.graph_edit import EditedGraph, with_plan
from mendlite.tflite.graph_plan import plan_between
from mendlite.tflite.patch import apply


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRow:
    """One edited value for display: ``channel`` is None where the field has no channels."""

    tensor: int
    name: str
    field: Field
    index: int
    channel: int | None
    old: float
    new: float


def diff(base: Model, other: Model) -> Delta:
    """The delta that turns ``base`` into ``other``, sealed.

    A longer file is compared with the base file's edited graph (``tflite/graph_edit.py``). Raises
    BadInputError where the files differ in more than that and the values of constants, scales and
    zero-points: another length, graph or layout.
    """
    graph = None if len(base.data) == len(other.data) else _edited(base, other)
    if graph is None:
        return _diff(base, other)
    return replace(_diff(graph.model, other), base_sha256=base.sha256, graph=graph.edit)


def _edited(base: Model, other: Model) -> EditedGraph | None:
    """The base file with the operators of ``other``, where it is then as long."""
    try:
        graph = with_plan(base, plan_between(base, other))
    except UnsupportedModelError:
        return None
    fits = graph is not None and len(graph.model.data) == len(other.data)
    return graph if fits else None


def _diff(base: Model, other: Model) -> Delta:
    """The delta of two files of one layout."""
    _require_same_layout(base, other)
    edits: list[TensorEdit] = []
    seen: set[int] = set()
    for tensor in base.tensors:
        for field in _fields(base, tensor.index):
            place = find_field(base, tensor.index, field)
            if place.offset in seen:
                continue
            seen.add(place.offset)
            values = find_field(other, tensor.index, field).read(other.data)
            edit = field_edit(base, tensor.index, field, values)
            edits += [edit] if edit is not None else []
    delta = make_delta(base, edits)
    if apply(base.data, delta, base) != other.data:
        raise BadInputError(
            "the files differ outside the values of their constants, scales and zero-points: "
            "they are not one graph with edited values"
        )
    return replace(delta, patched_sha256=other.sha256)


def _fields(model: Model, tensor: int) -> Iterator[Field]:
    described = model.tensors[tensor]
    if described.buffer is not None and described.data is not None and described.data.size:
        yield Field.DATA
    if described.quant is not None:
        yield Field.SCALE
        if described.quant.zero_point_offset is not None:
            yield Field.ZERO_POINT


def _require_same_layout(base: Model, other: Model) -> None:
    if len(base.data) != len(other.data):
        raise BadInputError(
            f"the files have {len(base.data)} and {len(other.data)} bytes: an in-place edit "
            "keeps the length"
        )
    if len(base.tensors) != len(other.tensors):
        raise BadInputError("the files have different graphs: the number of tensors differs")
    for a, b in zip(base.tensors, other.tensors, strict=True):
        if (a.name, a.shape, a.dtype, a.buffer) != (b.name, b.shape, b.dtype, b.buffer):
            raise BadInputError(f"the files have different graphs: tensor {a.index} differs")
        places = [[find_field(m, a.index, f) for f in _fields(m, a.index)] for m in (base, other)]
        if places[0] != places[1]:
            raise BadInputError(
                f"the files have different graphs: tensor {a.index} has other constants, scales or "
                "zero-points, or they lie elsewhere"
            )


def _channel_axes(model: Model) -> dict[int, int]:
    """The axis that runs over output channels, for the weights and biases of the layers."""
    axes: dict[int, int] = {}
    for layer in model.layers:
        axes[layer.weights] = layer.channel_axis
        if layer.bias is not None:
            axes[layer.bias] = len(model.tensors[layer.bias].shape) - 1
    return axes


def describe(model: Model, delta: Delta) -> Iterator[EditRow]:
    """One row per edited value, in the delta's order."""
    axes = _channel_axes(model)
    for edit in delta.edits:
        tensor = model.tensors[edit.tensor]
        for index, old, new in zip(edit.index, edit.old, edit.new, strict=True):
            channel: int | None = None
            if edit.field is not Field.DATA:
                channel = int(index)
            elif edit.tensor in axes:
                channel = int(np.unravel_index(index, tensor.shape)[axes[edit.tensor]])
            yield EditRow(
                tensor=edit.tensor,
                name=tensor.name,
                field=edit.field,
                index=int(index),
                channel=channel,
                old=old.item(),
                new=new.item(),
            )
