"""The move ``dead-channels``: a usable scale for channels that their own scale lost.

Such a channel holds neither float's weights nor float's bias, which counts in steps of s_x * s_w
(``case/lost_channels.py``). Any scale does for weights of zero, so it is chosen for the bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.case.lost_channels import LostChannels, lost_channels
from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.model.layer_values import (
    bias_of,
    bias_steps,
    largest_steps,
    steps_from_zero,
    stored_weights,
    weight_scale,
)
from mendlite.model.repair_options import PatchBudget
from mendlite.pairing.layers import pair_layers, real_weights
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need
from mendlite.tflite.dead import DEAD_SCALE
from mendlite.tflite.edits import data_edit, field_edit
from mendlite.tflite.fields import SCALE_TYPE
from mendlite.tflite.patched import patched

BIAS_STEPS = 2.0**24
"""Steps that the bias of such a channel has at most: fine enough, and far from int32's end."""


@dataclass(frozen=True)
class DeadChannels(Move):
    """Give lost channels a scale that holds float's weights and bias, and write these."""

    name = "dead-channels"
    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES, Edit.WEIGHT_SCALES})

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; where no channel is lost, or scales may not be edited."""
        reason = super().why_not(facts)
        if reason is not None:
            return reason
        if not facts.options.scope.edit_scales:
            return "scales may not be edited"
        return None if _recoverable(facts) else "no channel was lost in the quantization"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The model with these channels quantized again."""
        every = _recoverable(context)
        model, notes = _quantized_again(context, every), list[str]()
        for lost in every:
            numbers = ", ".join(map(str, lost.channels))
            layer = lost.pair.quantized
            notes.append(
                f"dead-channels: layer {layer.number} '{layer.name}', channels {numbers}: a scale "
                "that holds float's weights and bias"
            )
        case = replace(context.case, pairs=pair_layers(context.case.reference, model))
        return Proposal(model=model, case=case, notes=tuple(notes))


def recovered(facts: Facts) -> Model:
    """The model with its lost channels quantized again; it needs no samples."""
    return _quantized_again(facts, _recoverable(facts))


def _quantized_again(facts: Facts, every: Sequence[LostChannels]) -> Model:
    model = facts.model
    for lost in every:
        model = patched(model, _edits(facts.case.reference, model, lost))
    return model


def _recoverable(facts: Facts) -> list[LostChannels]:
    """The lost channels of the layers that may be edited."""
    case = facts.case
    if case.float_model is None:
        return []
    return [
        lost
        for lost in lost_channels(facts.model, case.reference, case.pairs)
        if not lost.why_not and lost.pair.quantized.number in facts.layers
    ]


def _edits(reference: Model, model: Model, lost: LostChannels) -> list[TensorEdit | None]:
    """Scales, weights and biases of the channels, and of all where they share one scale."""
    layer = lost.pair.quantized
    quant = model.tensors[layer.weights].quantization()
    chosen = np.zeros(layer.channels, bool)
    chosen[lost.channels] = True
    scale = weight_scale(model, layer)
    source = model.tensors[layer.input].scale
    fitting = largest_steps(model, layer, real_weights(reference, lost.pair.reference))
    needed = np.maximum(np.where(np.isinf(fitting), scale, fitting), 2 * DEAD_SCALE)
    needed = np.maximum(needed, np.abs(lost.float_bias) / (source * BIAS_STEPS))
    if not quant.per_channel:
        chosen[:], needed = True, np.full_like(needed, needed.max())
    scale = np.where(chosen, needed.astype(SCALE_TYPE).astype(np.float64), scale)
    real = real_weights(reference, lost.pair.reference)
    return [
        field_edit(model, layer.weights, Field.SCALE, scale[: quant.scale.size].astype(SCALE_TYPE)),
        _weights(model, lost, real, scale, chosen),
        *_biases(model, lost, source * scale, chosen),
    ]


def _weights(
    model: Model,
    lost: LostChannels,
    real: NDArray[np.float64],
    scale: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> TensorEdit | None:
    layer = lost.pair.quantized
    ends = model.tensors[layer.weights].weight_range
    rounded = np.clip(np.rint(real / scale[:, None]), *ends)
    matrix = np.where(chosen[:, None], rounded, steps_from_zero(model, layer))
    return data_edit(model, layer.weights, stored_weights(model, layer, matrix))


def _biases(
    model: Model, lost: LostChannels, unit: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> list[TensorEdit | None]:
    """The biases in their new unit, and their own scales where the file has them."""
    layer, stored = lost.pair.quantized, bias_of(model, lost.pair.quantized)
    if layer.bias is None or stored is None:
        return []
    dtype = model.tensors[layer.bias].dtype
    steps = np.where(chosen, bias_steps(lost.float_bias, unit, dtype), stored)
    edits = [data_edit(model, layer.bias, steps.astype(stored.dtype))]
    own = model.tensors[layer.bias].quant
    size = model.tensors[layer.weights].quantization().scale.size
    if own is not None and own.scale.size == size:
        values = np.where(chosen[:size], unit[:size], own.scale)
        edits.append(field_edit(model, layer.bias, Field.SCALE, values.astype(SCALE_TYPE)))
    return edits
