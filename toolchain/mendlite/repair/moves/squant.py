"""The move ``squant``: SQuant's rounding of the float weights into the file's own grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.squant import squant
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import steps_from_zero, stored_weights, weight_scale
from mendlite.model.repair_options import PatchBudget
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need, misfit_layers
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched


@dataclass(frozen=True)
class Squant(Move):
    """Round the layers again without samples; scales and biases stay.

    Layers whose weights are not the float model's (rescaled, another network) are left alone.
    """

    name = "squant"
    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS})
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The layers rounded by SQuant."""
        case, foreign = context.case, misfit_layers(context)
        edits: list[TensorEdit] = []
        left: list[str] = []
        for pair in case.pairs:
            layer = pair.quantized
            if layer.number not in context.layers:
                continue
            twin = case.reference.tensors[pair.reference.weights]
            if layer.number in foreign or twin.dtype is not DType.FLOAT32:
                left.append(str(layer.number))
                continue
            edit = _edit(case.reference, context.model, pair)
            edits += [edit] if edit is not None else []
        count = len(context.layers)
        notes = [f"squant: {len(edits)} of {count} layers rounded otherwise than the file"]
        if left:
            layers = ", ".join(left)
            notes.append(f"squant: layers {layers} hold other weights than the float model")
        return Proposal(model=patched(context.model, edits), notes=tuple(notes))


def _edit(reference: Model, model: Model, pair: LayerPair) -> TensorEdit | None:
    layer = pair.quantized
    dead = dead_channels(model, layer)
    scale = np.where(dead, 1.0, weight_scale(model, layer))
    steps = real_weights(reference, pair.reference) / scale[:, None]
    old, ends = steps_from_zero(model, layer), model.tensors[layer.weights].weight_range
    rounded = from_kernels(layer, squant(kernels(model, layer, steps), ends).channel)
    matrix = np.where(dead[:, None], old, rounded)
    return data_edit(model, layer.weights, stored_weights(model, layer, matrix))


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
