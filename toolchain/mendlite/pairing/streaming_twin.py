"""The streaming form of a float model that takes a whole window of time at once.

The network is often trained and kept in that form. The int8 model's own graph with the float
model's weights and biases is its streaming form, in memory; whether it computes the same is a
matter of the samples (``case/streaming_check.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import CONVERSIONS
from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.pairing.layers import LayerPair, pair_layers
from mendlite.reading.limited import shown

Float = NDArray[np.float32]


def streaming_twin(reference: Model, quantized: Model) -> Model:
    """The graph of ``quantized`` in float32, with the weights and biases of ``reference``.

    Raises BadInputError where their layers do not fit, or a constant of the int8 model has no twin.
    """
    pairs = pair_layers(reference, quantized)
    constants = _constants(reference, quantized, pairs)
    tensors = [_in_float(quantized, tensor, constants) for tensor in quantized.tensors]
    digest = sha256(f"{reference.sha256} streaming {quantized.sha256}".encode()).hexdigest()
    return replace(
        quantized,
        sha256=digest,
        tensors=tuple(tensors),
        operators=tuple(_in_floats(quantized, operator) for operator in quantized.operators),
        layers=tuple(
            replace(layer, frozen="its weights are FLOAT32", bias_frozen=None)
            for layer in quantized.layers
        ),
        unsupported=(),
        notes=(),
    )


def _constants(reference: Model, quantized: Model, pairs: Sequence[LayerPair]) -> dict[int, Float]:
    """The weights and biases by the int8 model's tensor."""
    values: dict[int, Float] = {}
    for pair in pairs:
        twin, layer = pair.reference, pair.quantized
        weights = reference.tensors[twin.weights]
        if weights.dtype is not DType.FLOAT32:
            raise BadInputError(
                f"layer {twin.number} '{shown(twin.name)}' of the float model has "
                f"{weights.dtype.value} weights: pass it in float32"
            )
        values[layer.weights] = weights.constant().astype(np.float32)
        if (layer.bias is None) != (twin.bias is None) and layer.bias is None:
            raise BadInputError(
                f"layer {layer.number} '{shown(layer.name)}' has a bias in the float model and "
                "none in the int8 model: they are not the same network"
            )
        if layer.bias is not None:
            shape = quantized.tensors[layer.bias].shape
            bias = None if twin.bias is None else reference.tensors[twin.bias].constant()
            zeros = np.zeros(shape, np.float32)
            values[layer.bias] = zeros if bias is None else bias.reshape(shape).astype(np.float32)
    return values


def _in_float(model: Model, tensor: Tensor, constants: dict[int, Float]) -> Tensor:
    """A tensor of the int8 model in float32; indices, extents and handles as they are."""
    if tensor.index in constants:
        return replace(tensor, dtype=DType.FLOAT32, quant=None, data=constants[tensor.index])
    if tensor.quant is None or tensor.dtype not in STORED:
        return tensor
    data = tensor.data
    if data is not None:
        if tensor.index not in {variable.initial for variable in model.variables}:
            raise BadInputError(
                f"tensor {tensor.index} '{shown(tensor.name)}' of the int8 model is a constant "
                "that belongs to no layer: its float value is not known"
            )
        data = ((data.astype(np.float64) - tensor.zero_point) * tensor.scale).astype(np.float32)
    return replace(tensor, dtype=DType.FLOAT32, quant=None, data=data)


def _in_floats(model: Model, operator: Operator) -> Operator:
    """An operator of the float graph: a QUANTIZE between integers copies real values."""
    if operator.op not in CONVERSIONS:
        return operator
    shape = model.tensors[operator.outputs[0]].shape
    return replace(operator, op="RESHAPE", options={"new_shape": shape})
