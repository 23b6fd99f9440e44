"""Which float layer belongs to which int8 layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import norm_of
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import channel_matrix, weight_scale
from mendlite.model.tensor import DType


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPair:
    """The same layer in the quantized and in the float model.

    ``distance`` = ||W_float - dequantized W|| / ||W_float||, 0 where the float weights are zero.
    """

    quantized: Layer
    reference: Layer
    distance: float


def real_weights(model: Model, layer: Layer) -> NDArray[np.float64]:
    """Real values f64[C, K] of a layer's weights, dequantized where they are integers.

    Raises UnsupportedModelError where their type is not read or they have no scale, BadInputError
    where a weight is NaN or infinite.
    """
    tensor = model.tensors[layer.weights]
    if tensor.data is None or tensor.data.dtype.kind not in "iuf" or tensor.dtype is DType.FLOAT64:
        kind = f"sparse {tensor.dtype.value}" if tensor.sparse else tensor.dtype.value
        raise UnsupportedModelError(f"{_named(layer)}: {kind} weights cannot be compared")
    matrix = channel_matrix(model, layer, tensor.data)
    if matrix.dtype.kind == "f":
        if not np.isfinite(matrix).all():
            raise BadInputError(f"{_named(layer)}: a weight is NaN or infinite")
        return matrix.astype(np.float64)
    if tensor.blocks is not None:
        return matrix * tensor.blocks.of_weights()
    if tensor.quant is None:
        raise UnsupportedModelError(f"{_named(layer)}: its weights have no scale")
    zero = tensor.quant.zero_point.astype(np.float64)
    offset = np.broadcast_to(zero, (layer.channels,))[:, None]
    real: NDArray[np.float64] = (matrix - offset) * weight_scale(model, layer)[:, None]
    return real


def _named(layer: Layer) -> str:
    return f"layer {layer.number} '{layer.name}'"


def pair_layers(reference: Model, quantized: Model) -> tuple[LayerPair, ...]:
    """Pair the layers in execution order.

    Raises BadInputError where the number of layers, an operator or a weight shape differs:
    the two files are not the same network; as ``real_weights``.
    """
    if len(reference.layers) != len(quantized.layers):
        raise BadInputError(_counts_differ(reference, quantized))
    return tuple(
        _pair(reference, quantized, f, q)
        for f, q in zip(reference.layers, quantized.layers, strict=True)
    )


def _is_rotation(model: Model, layer: Layer) -> bool:
    """Whether a dense layer multiplies by a Hadamard matrix: square, float, all of one size."""
    weights = model.tensors[layer.weights]
    rows, columns = weights.shape[0], weights.shape[-1]
    if weights.dtype is not DType.FLOAT32 or weights.data is None or rows != columns or rows < 2:
        return False
    sizes = np.abs(weights.data)
    return layer.op == "FULLY_CONNECTED" and bool(np.allclose(sizes, sizes.flat[0]))


def _counts_differ(reference: Model, quantized: Model) -> str:
    counts = (
        f"the float model has {len(reference.layers)} layers with weights and the int8 model "
        f"{len(quantized.layers)}"
    )
    added = [q for q in quantized.layers if _is_rotation(quantized, q)]
    if added and len(quantized.layers) - len(added) == len(reference.layers):
        return (
            f"{counts}, among them {_named(added[0])}, a rotation that a quantizer inserted "
            "(Hadamard); such files are not repaired: quantize without it"
        )
    return f"{counts}: they are not the same network; check the two paths"


def _pair(reference: Model, quantized: Model, f: Layer, q: Layer) -> LayerPair:
    float_shape = reference.tensors[f.weights].shape
    shape = quantized.tensors[q.weights].shape
    if f.op != q.op or float_shape != shape:
        raise BadInputError(
            f"layer {q.number} is {f.op} {list(float_shape)} '{f.name}' in the float model and "
            f"{q.op} {list(shape)} '{q.name}' in the int8 model: they are not the same network; "
            "check the two paths"
        )
    real = real_weights(reference, f)
    norm = norm_of(real)
    noise = norm_of(real - real_weights(quantized, q))
    return LayerPair(quantized=q, reference=f, distance=noise / norm if norm else 0.0)
