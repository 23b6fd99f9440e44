"""The move ``reconstruct``: biases moved one by one for the sake of the whole network's answers.

The target is what the network answers rather than what a layer puts out, so that later layers make
up for what earlier ones cannot (block reconstruction, Li et al. 2021, taken to the end of the
network). Each move is a step of one bias, evaluated in exact integers on all that lies behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pairing.layers import weight_scale
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.layers.candidate_search import Descent
from mendlite.repair.settings import Room
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

CHANNELS = 16
"""Biases of a layer that are tried: those of the channels that are largest behind it."""

STEP = 0.5
"""Share of a step of the layer's output that a bias moves by."""


def _stepped(model: Model, layer: Layer, channel: int) -> Iterator[Model]:
    """The model with one bias half an output step up, and down."""
    if layer.bias is None:
        return
    stored = model.tensors[layer.bias].constant()
    unit = float(model.tensors[layer.input].quantization().scale[0]) * weight_scale(model, layer)
    step = float(model.tensors[layer.output].quantization().scale[0])
    size = max(1, round(STEP * step / float(unit[channel])))
    for sign in (1, -1):
        values = stored.astype(np.int64).reshape(-1)
        values[channel] = np.clip(values[channel] + sign * size, -(2**31) + 1, 2**31 - 1)
        yield patched(model, [data_edit(model, layer.bias, values.astype(stored.dtype))])


def _editable(model: Model, layer: Layer) -> bool:
    types = {model.tensors[layer.input].dtype, model.tensors[layer.output].dtype}
    whole = layer.bias is not None and layer.bias_frozen is None and layer.frozen is None
    return whole and types == {DType.INT8}


def _channels(model: Model, layer: Layer) -> list[int]:
    """Live channels by falling real weight: those that say most, first."""
    unit = np.where(dead_channels(model, layer), 0.0, weight_scale(model, layer))
    order = np.argsort(-unit, kind="stable")[:CHANNELS]
    return [int(channel) for channel in order if unit[channel] > 0]


def propose_reconstruction(
    case: Case, layers: tuple[int, ...], model: Model, room: Room | None = None
) -> Proposal:
    """Move single biases, front to back, wherever the network's loss clearly falls."""
    chosen = [x for x in model.layers if x.position in layers and _editable(model, x)]
    if not chosen:
        return Proposal(model=model, notes=("reconstruct: no layer has an int32 bias to move",))
    search = Descent(case, model, room or Room())
    before, moved = search.loss, 0
    for done, layer in enumerate(chosen):
        search.advance(layer.index)
        for channel in _channels(model, layer):
            while search.offer(_stepped(search.model, layer, channel)):
                moved += 1
        case.progress("reconstruct", done + 1, len(chosen))
    note = (
        f"reconstruct: {moved} steps of biases, {case.task.loss_name} on the repair samples "
        f"{before:.5g} -> {search.loss:.5g}"
    )
    return Proposal(model=search.model, notes=(note,))
