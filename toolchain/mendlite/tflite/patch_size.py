"""Count what a delta changes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.report import PAGE, EditCounts, RepairSummary
from mendlite.model.tensor import DType
from mendlite.tflite.diff import diff


def bytes_changed(model: Model, edit: TensorEdit) -> int:
    """Bytes that differ between the old and the new values of one edit of ``model``."""
    if edit.field is Field.DATA and model.tensors[edit.tensor].dtype is DType.INT4:
        return int(np.unique(edit.index // 2).size)
    old = np.ascontiguousarray(edit.old).view(np.uint8)
    return int(np.count_nonzero(old != np.ascontiguousarray(edit.new).view(np.uint8)))


def spent(base: Model, model: Model) -> tuple[int, int]:
    """(bytes, values) in which ``model`` differs from ``base``."""
    delta = diff(base, model)
    return sum(bytes_changed(base, edit) for edit in delta.edits), delta.size


def edited_channels(model: Model, layer: Layer, edit: TensorEdit) -> NDArray[np.int64]:
    """Output channels of ``layer`` that an edit of its weights, bias or their scales touches."""
    if edit.tensor == layer.bias or edit.field is not Field.DATA:
        return edit.index
    shape = model.tensors[layer.weights].shape
    return np.asarray(np.unravel_index(edit.index, shape)[layer.channel_axis], np.int64)


def _by_layer(model: Model, delta: Delta) -> Iterator[tuple[Layer, TensorEdit]]:
    owners = {t: layer for layer in model.layers for t in (layer.weights, layer.bias)}
    for edit in delta.edits:
        if edit.tensor in owners:
            yield owners[edit.tensor], edit


def bytes_that_differ(base: bytes, data: bytes) -> NDArray[np.int64]:
    """Offsets of the bytes that differ, and of those that only the longer file has."""
    common = min(len(base), len(data))
    old, new = (np.frombuffer(file, np.uint8, common) for file in (base, data))
    behind = np.arange(common, max(len(base), len(data)))
    return np.concatenate([np.flatnonzero(old != new), behind])


def pages_changed(base: bytes, data: bytes, size: int = PAGE) -> int:
    """Flash pages of ``size`` bytes with a changed one, of a file that begins at a page.

    Bytes that only one of the files has count as changed.
    """
    differ = bytes_that_differ(base, data)
    return int(np.unique(differ // size).size)


def summarize(model: Model, delta: Delta, samples: int, patched: bytes) -> RepairSummary:
    """Layers, neurons, values and bytes that ``delta`` changes in ``model``, to ``patched``.

    The bytes that an edit of the graph inserts count as changed.
    """
    inserted = 0 if delta.graph is None else len(delta.graph.inserted)
    neurons: set[tuple[int, int]] = set()
    weight = bias = 0
    for layer, edit in _by_layer(model, delta):
        neurons |= {(layer.index, int(c)) for c in edited_channels(model, layer, edit)}
        data = edit.index.size if edit.field is Field.DATA else 0
        weight += data if edit.tensor == layer.weights else 0
        bias += data if edit.tensor == layer.bias else 0
    scale = sum(e.index.size for e in delta.edits if e.field is not Field.DATA)
    return RepairSummary(
        samples=samples,
        layers=len({layer for layer, _ in neurons}),
        neurons=len(neurons),
        edits=delta.size,
        bytes_changed=sum(bytes_changed(model, e) for e in delta.edits) + inserted,
        by_kind=EditCounts(weight=int(weight), bias=int(bias), scale=int(scale)),
        flash_pages=pages_changed(model.data, patched),
    )
