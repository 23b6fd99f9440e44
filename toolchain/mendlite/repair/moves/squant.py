"""The strategy ``squant``: SQuant's rounding of the float weights into the file's own grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.squant import squant
from mendlite.case.case import Case
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pairing.layers import (
    LayerPair,
    channel_matrix,
    real_weights,
    tensor_layout,
    weight_scale,
)
from mendlite.pairing.verdict import Match
from mendlite.repair.engine.accept import Proposal
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched


def propose_squant(case: Case, layers: Sequence[int], model: Model) -> Proposal:
    """Round the chosen layers anew, data-free; scales and biases stay.

    Layers whose weights are not the float model's (rescaled, another network) are left alone.
    """
    edits: list[TensorEdit] = []
    left: list[str] = []
    foreign = set()
    if case.pairing is not None:
        foreign = {x.position for x in case.pairing.of(Match.RESCALED, Match.OTHER)}
    for pair in case.pairs:
        layer = pair.quantized
        if layer.position not in layers:
            continue
        twin = case.reference.tensors[pair.reference.weights]
        if layer.position in foreign or twin.dtype is not DType.FLOAT32:
            left.append(str(layer.position))
            continue
        edit = _edit(case.reference, model, pair)
        edits += [edit] if edit is not None else []
    notes = [f"squant: {len(edits)} of {len(layers)} layers rounded otherwise than the file"]
    if left:
        notes.append(f"squant: layers {', '.join(left)} hold other weights than the float model")
    return Proposal(model=patched(model, edits), notes=tuple(notes))


def _edit(reference: Model, model: Model, pair: LayerPair) -> TensorEdit | None:
    layer = pair.quantized
    dead = dead_channels(model, layer)
    scale = np.where(dead, 1.0, weight_scale(model, layer))
    steps = real_weights(reference, pair.reference) / scale[:, None]
    old = channel_matrix(model, layer, model.tensors[layer.weights].constant())
    found = from_kernels(layer, squant(kernels(model, layer, steps)).channel)
    matrix = np.where(dead[:, None], old, found).astype(np.int8)
    return data_edit(model, layer.weights, tensor_layout(model, layer, matrix))


def _inputs(model: Model, layer: Layer) -> int:
    """Kernels of an output channel: 1 for a depthwise convolution, else the input channels."""
    if layer.op == "DEPTHWISE_CONV_2D":
        return 1
    return int(model.tensors[layer.weights].shape[-1])


def kernels(model: Model, layer: Layer, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """``matrix`` [C, K] as [C, N, M]: N kernels (one per input channel) of M elements each."""
    count = _inputs(model, layer)
    return matrix.reshape(layer.channels, -1, count).swapaxes(1, 2)


def from_kernels(layer: Layer, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The inverse of ``kernels``: [C, K]."""
    return values.swapaxes(1, 2).reshape(layer.channels, -1)
