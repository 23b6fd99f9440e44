"""The move ``rebalance``: rescale channels between layers to fit the file's own scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pipeline.case import Case
from mendlite.pipeline.channels import (
    Place,
    find_places,
    follows,
    live,
    measure_channels,
    measure_noise,
    tensors_to_measure,
)
from mendlite.pipeline.steps import Proposal
from mendlite.repair.equalize import WEIGHT_LIMIT, channel_factors
from mendlite.repair.pairing import (
    LayerPair,
    channel_matrix,
    pair_layers,
    real_weights,
    tensor_layout,
    weight_scale,
)
from mendlite.tflite.dead import DEAD_SCALE, dead_channels
from mendlite.tflite.edits import data_edit, field_edit
from mendlite.tflite.fields import SCALE_TYPE
from mendlite.tflite.patched import patched

Factors = NDArray[np.float64]


def propose_rebalance(case: Case, layers: Sequence[int], model: Model, *, scales: bool) -> Proposal:
    """Rescale the float model's channels and round the touched layers anew.

    ``scales`` says whether weight scales per channel may follow.

    The proposal carries the rescaled float model, which computes what it did: what follows aims
    at it.
    """
    places = list(find_places(case, model, layers))
    touched: set[int] = set()
    for done, place in enumerate(places):
        found = measure_channels(case, tensors_to_measure(place))
        factors = channel_factors(measure_noise(case, model, place, found, scales=scales))
        factors = np.where(live(model, place), factors, 1.0)
        if np.any(factors != 1.0):
            case = replace(case, reference=_rescaled(case.reference, place, factors))
            touched |= {p.quantized.position for p in (*place.makers, *place.readers)}
        case.progress("rebalance", done + 1, len(places))
    if not touched:
        note = "rebalance: no channel gains from another scale"
        return Proposal(model=model, notes=(note,))
    pairs = [pair for pair in case.pairs if pair.quantized.position in touched]
    edits = [e for pair in pairs for e in _rounded(case.reference, model, pair, scales=scales)]
    model = patched(model, edits)
    case = replace(case, pairs=pair_layers(case.reference, model))
    note = f"rebalance: {len(touched)} layers rescaled at {len(places)} places between them"
    return Proposal(model=model, case=case, notes=(note,))


def _rescaled(reference: Model, place: Place, factors: Factors) -> Model:
    """The float model with the makers' channels times ``factors``, the readers' divided."""
    for pair in place.makers:
        layer = pair.reference
        weights = real_weights(reference, layer) * factors[:, None]
        bias: Factors | None = None
        if layer.bias is not None:
            bias = reference.tensors[layer.bias].constant().reshape(-1).astype(np.float64)
        reference = _with_weights(
            reference, layer, weights, None if bias is None else bias * factors
        )
    for pair in place.readers:
        layer = pair.reference
        weights = real_weights(reference, layer)
        if layer.op == "DEPTHWISE_CONV_2D":
            weights = weights / factors[:, None]
        else:
            weights = (weights.reshape(-1, factors.size) / factors).reshape(weights.shape)
        reference = _with_weights(reference, layer, weights, None)
    return reference


def _with_weights(model: Model, layer: Layer, weights: Factors, bias: Factors | None) -> Model:
    """The float model with other weights, and another bias where one is given."""
    edits = [_edit_weights(model, layer, weights)]
    if layer.bias is not None and bias is not None:
        edits.append(data_edit(model, layer.bias, bias.astype(np.float32)))
    return patched(model, edits)


def _edit_weights(model: Model, layer: Layer, matrix: Factors) -> TensorEdit | None:
    values = tensor_layout(model, layer, matrix).astype(np.float32)
    return data_edit(model, layer.weights, values)


def _rounded(reference: Model, model: Model, pair: LayerPair, *, scales: bool) -> list[TensorEdit]:
    """Edits that make the int8 layer the rounding of its float twin; dead channels stay.

    Scales per channel follow the weights (``TFLite quantization specification``: the largest
    weight of a channel is 127).
    """
    layer, twin = pair.quantized, pair.reference
    scale, dead = weight_scale(model, layer), dead_channels(model, layer)
    old = channel_matrix(model, layer, model.tensors[layer.weights].constant())
    real = real_weights(reference, twin)
    scale_edits: list[TensorEdit | None] = []
    if scales and follows(model, layer):
        largest = np.abs(real).max(axis=1)
        moved = np.where(dead | (largest == 0), scale, largest / WEIGHT_LIMIT)
        scale = np.maximum(moved.astype(np.float32), np.float32(2 * DEAD_SCALE)).astype(np.float64)
        scale = np.where(dead, moved, scale)
        scale_edits = _edit_scales(model, layer, scale)
    wanted = np.rint(real / scale[:, None])
    matrix = np.clip(wanted, -WEIGHT_LIMIT, WEIGHT_LIMIT).astype(np.int8)
    matrix = np.where(dead[:, None], old, matrix).astype(np.int8)
    edits = [data_edit(model, layer.weights, tensor_layout(model, layer, matrix)), *scale_edits]
    if layer.bias is not None and twin.bias is not None:
        bias = reference.tensors[twin.bias].constant().reshape(-1).astype(np.float64)
        edits.append(_edit_bias(model, layer, bias, scale, dead))
    return [edit for edit in edits if edit is not None]


def _edit_scales(model: Model, layer: Layer, scale: Factors) -> list[TensorEdit | None]:
    """New weight scales, and the bias's own, which are s_x * s_w."""
    found = [field_edit(model, layer.weights, Field.SCALE, scale.astype(SCALE_TYPE))]
    bias = None if layer.bias is None else model.tensors[layer.bias]
    if bias is not None and bias.quant is not None and bias.quant.scale.size == scale.size:
        entry = float(model.tensors[layer.input].quantization().scale[0])
        found.append(field_edit(model, bias.index, Field.SCALE, (entry * scale).astype(SCALE_TYPE)))
    return found


def _edit_bias(
    model: Model, layer: Layer, bias: Factors, scale: Factors, dead: NDArray[np.bool_]
) -> TensorEdit | None:
    if layer.bias is None:
        return None
    stored = model.tensors[layer.bias].constant().reshape(-1)
    if model.tensors[layer.bias].dtype is DType.FLOAT32:
        return data_edit(model, layer.bias, bias.astype(np.float32))
    unit = float(model.tensors[layer.input].quantization().scale[0]) * scale
    steps = np.clip(np.rint(bias / np.where(dead, 1.0, unit)), -(2**31) + 1, 2**31 - 1)
    return data_edit(model, layer.bias, np.where(dead, stored, steps).astype(stored.dtype))
