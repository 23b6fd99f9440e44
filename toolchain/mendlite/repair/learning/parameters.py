"""The numbers that are learned: real values behind the stored integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import accumulator_unit, bias_limit, tensor_layout, weight_scale
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.pairing.verdict import OTHER_NETWORK
from mendlite.tflite.dead import dead_channels

Floats = NDArray[np.float64]

LEAN = 0.4
"""A weight that is its float twin's rounding starts there, at most so many steps away."""

BEYOND = 0.49
"""Real values leave the integers' range by at most so much: they come back at once."""

FLOAT_BIAS_STEPS = 128.0
"""A float32 bias is learned in steps of its layer's largest over so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A constant tensor that is learned, in its own shape.

    ``start`` f64 are real values whose rounding is what the file holds. Values stay within ``low``
    and ``high``, in the file's steps. The optimizer counts in ``unit``s, 0 where nothing moves.
    """

    tensor: int
    start: Floats
    low: Floats
    high: Floats
    unit: Floats
    kind: np.dtype[Any]

    def stored(self, values: Floats) -> NDArray[Any]:
        """The numbers that the file would hold."""
        whole = values if self.kind.kind == "f" else np.clip(np.rint(values), self.low, self.high)
        return whole.astype(self.kind)

    def moved(self, values: Floats, by: Floats) -> Floats:
        """``values`` and ``by`` units more, within the bounds."""
        result: Floats = np.clip(values + by * self.unit, self.low - BEYOND, self.high + BEYOND)
        return result


def parameters_of(
    case: Case, model: Model, layers: Sequence[Layer], max_delta: int | None
) -> list[Parameter]:
    """Weights and biases of ``layers``; no weight moves by more than ``max_delta``."""
    pairs = {pair.quantized.number: pair for pair in case.pairs}
    parameters = []
    for layer in layers:
        parameters.append(_weights(case, model, layer, pairs[layer.number], max_delta))
        if layer.bias is not None and layer.bias_frozen is None:
            parameters.append(_bias(model, layer))
    return parameters


def _by_channel(model: Model, layer: Layer, values: NDArray[Any]) -> NDArray[Any]:
    """A value a channel in the weight tensor's shape."""
    size = model.tensors[layer.weights].elements // layer.channels
    return tensor_layout(model, layer, np.repeat(values[:, None], size, axis=1))


def _weights(
    case: Case, model: Model, layer: Layer, pair: LayerPair, max_delta: int | None
) -> Parameter:
    tensor = model.tensors[layer.weights]
    stored = tensor.constant().astype(np.float64)
    low, high = (np.float64(end) + tensor.weight_zero_point for end in tensor.weight_range)
    reach = np.inf if max_delta is None else max_delta
    live = ~dead_channels(model, layer)
    return Parameter(
        tensor=tensor.index,
        start=stored + _toward_float(case, model, layer, pair, stored),
        # A file may hold -128: it stays where nothing moves it.
        low=np.minimum(np.maximum(low, stored - reach), stored),
        high=np.maximum(np.minimum(high, stored + reach), stored),
        unit=_by_channel(model, layer, live.astype(np.float64)),
        kind=tensor.constant().dtype,
    )


def _toward_float(
    case: Case, model: Model, layer: Layer, pair: LayerPair, stored: Floats
) -> Floats:
    """Steps from the stored weights to float's, at most LEAN; 0 where another move has been."""
    if case.float_model is None or pair.distance > OTHER_NETWORK:
        return np.zeros_like(stored)
    live = ~dead_channels(model, layer)
    scale = np.where(live, weight_scale(model, layer), 1.0)
    real = real_weights(case.reference, pair.reference) / scale[:, None]
    zero = model.tensors[layer.weights].weight_zero_point
    away = tensor_layout(model, layer, real) + zero - stored
    rounded = (np.abs(away) <= 0.5) & _by_channel(model, layer, live).astype(bool)
    return np.where(rounded, np.clip(away, -LEAN, LEAN), 0.0)


def _bias(model: Model, layer: Layer) -> Parameter:
    """The bias in steps of the layer's output, which are about what a weight's step moves."""
    tensor = model.tensors[layer.bias if layer.bias is not None else -1]
    stored = tensor.constant().astype(np.float64)
    live = ~dead_channels(model, layer).reshape(stored.shape)
    if tensor.dtype is DType.FLOAT32:
        largest = float(np.abs(stored).max(initial=0.0)) or float(weight_scale(model, layer).max())
        unit, limit = np.full_like(stored, largest / FLOAT_BIAS_STEPS), np.inf
    else:
        steps = np.where(live.reshape(-1), accumulator_unit(model, layer), 1.0)
        unit = np.maximum(model.tensors[layer.output].scale / steps, 1.0).reshape(stored.shape)
        limit = float(bias_limit(tensor.dtype))
    return Parameter(
        tensor=tensor.index,
        start=stored,
        low=np.full_like(stored, -limit),
        high=np.full_like(stored, limit),
        unit=np.where(live, unit, 0.0),
        kind=tensor.constant().dtype,
    )
