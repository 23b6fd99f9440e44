"""The move ``rebalance``: rescale channels between layers to fit the file's own scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.equalize import channel_factors
from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.pairing.layers import (
    pair_layers,
    real_weights,
    tensor_layout,
)
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.moves.channel_statistics import (
    Place,
    find_places,
    follows,
    live,
    measure_channels,
    measure_noise,
    tensors_to_measure,
)
from mendlite.repair.moves.round_weights import rounded_edits
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
            case = replace(case, float_model=_rescaled(case.reference, place, factors))
            touched |= {p.quantized.position for p in (*place.makers, *place.readers)}
        case.progress("rebalance", done + 1, len(places))
    if not touched:
        note = "rebalance: no channel gains from another scale"
        return Proposal(model=model, notes=(note,))
    pairs = [pair for pair in case.pairs if pair.quantized.position in touched]
    edits = [
        e
        for pair in pairs
        for e in rounded_edits(
            case.reference, model, pair, follow=scales and follows(model, pair.quantized)
        )
    ]
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
    values = {layer.weights: tensor_layout(model, layer, weights).astype(np.float32)}
    if layer.bias is not None and bias is not None:
        values[layer.bias] = bias.astype(np.float32)
    return model.with_float_constants(values)
