"""What a layer's tensors hold: weights by channel, scales, the bias and its unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import STORED, DType

BIAS_LIMIT = 2**31 - 1
"""Largest |bias| that is written: one less than int32 holds below zero."""

WIDE_BIAS_LIMIT = 2**45
"""Largest |int64 bias|: it leaves room below 2**47, where the kernels' sums end."""


def channel_matrix(model: Model, layer: Layer, values: NDArray[Any]) -> NDArray[Any]:
    """Weights [C, K] with one row per output channel, from the weight tensor's own layout.

    K runs over (kh, kw, in) for a convolution (OHWI), (kh, kw) for a depthwise one (1HWC) and
    over the inputs for a dense layer.
    """
    shape = model.tensors[layer.weights].shape
    array = values.reshape(shape)
    return np.moveaxis(array, layer.channel_axis, 0).reshape(layer.channels, -1)


def tensor_layout(model: Model, layer: Layer, matrix: NDArray[Any]) -> NDArray[Any]:
    """The inverse of ``channel_matrix``: an array of the weight tensor's own shape."""
    shape = model.tensors[layer.weights].shape
    rest = tuple(s for axis, s in enumerate(shape) if axis != layer.channel_axis)
    return np.moveaxis(matrix.reshape(layer.channels, *rest), 0, layer.channel_axis)


def steps_from_zero(model: Model, layer: Layer) -> NDArray[np.int64]:
    """The stored weights less their zero-point, i64[C, K]: what the kernels multiply with."""
    tensor = model.tensors[layer.weights]
    matrix = channel_matrix(model, layer, tensor.constant()).astype(np.int64)
    return matrix - tensor.weight_zero_point


def stored_weights(model: Model, layer: Layer, matrix: NDArray[Any]) -> NDArray[Any]:
    """The inverse of ``steps_from_zero``: the tensor's own layout, zero-point and type.

    Raises ValueError where a weight does not fit the type.
    """
    tensor = model.tensors[layer.weights]
    steps = np.asarray(matrix).astype(np.int64) + tensor.weight_zero_point
    stored = tensor_layout(model, layer, steps)
    low, high = tensor.dtype.stored_range
    if stored.size and not low <= int(stored.min()) <= int(stored.max()) <= high:
        raise ValueError(f"layer {layer.number}: a weight outside {low} ... {high}")
    return stored.astype(tensor.constant().dtype)


def weight_scale(model: Model, layer: Layer) -> NDArray[np.float64]:
    """Weight scale of every output channel, f64[C], per-tensor scales repeated."""
    quant = model.tensors[layer.weights].quantization()
    return np.broadcast_to(quant.scale, (layer.channels,)).astype(np.float64)


def is_hybrid(model: Model, layer: Layer) -> bool:
    """Whether integer weights lie under a float input, as in a dynamic-range file."""
    weights, source = model.tensors[layer.weights], model.tensors[layer.input]
    return weights.dtype.is_weight and source.dtype is DType.FLOAT32


def has_8_bit_ends(model: Model, layer: Layer) -> bool:
    """Whether a layer reads and writes activations of one 8-bit type."""
    source, output = model.tensors[layer.input].dtype, model.tensors[layer.output].dtype
    return source is output and source in (DType.INT8, DType.UINT8)


def largest_steps(model: Model, layer: Layer, real: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least scale f64[C] at which each row of ``real`` f64[C, K] fits the layer's weights.

    The zero-point stays. 0 for a row of zeros, infinite where a sign has no place in the type.
    """
    low, high = model.tensors[layer.weights].weight_range
    if model.tensors[layer.weights].dtype is not DType.UINT8:
        symmetric: NDArray[np.float64] = np.abs(real).max(axis=1) / high
        return symmetric
    ends = [
        np.divide(x, end, out=np.where(x > 0, np.inf, 0.0), where=(x > 0) & (end > 0))
        for x, end in ((real.max(axis=1), high), (-real.min(axis=1), -low))
    ]
    return np.maximum(*ends)


def is_wide(model: Model, layer: Layer) -> bool:
    """Whether a layer with integer weights has int16 activations."""
    return model.tensors[layer.input].dtype is DType.INT16


def has_integer_ends(model: Model, layer: Layer) -> bool:
    """Whether a layer reads and writes integer activations of one type."""
    source, output = model.tensors[layer.input].dtype, model.tensors[layer.output].dtype
    return source is output and source in STORED


def bias_limit(dtype: DType) -> int:
    """The largest |bias| that is written of an integer type."""
    return WIDE_BIAS_LIMIT if dtype is DType.INT64 else BIAS_LIMIT


def bias_of(model: Model, layer: Layer) -> NDArray[Any] | None:
    """The bias [C] as the file stores it (int32, int64 or float32); None without one."""
    return None if layer.bias is None else model.tensors[layer.bias].constant().reshape(-1)


def accumulator_unit(model: Model, layer: Layer) -> NDArray[np.float64]:
    """s_x s_w of each channel, f64[C]: the real value of one step of accumulator and bias.

    The layer is int8 or int16: its input has one scale.
    """
    return model.tensors[layer.input].scale * weight_scale(model, layer)


def bias_steps(
    real: NDArray[np.float64], unit: NDArray[np.float64], dtype: DType
) -> NDArray[np.float64]:
    """Real biases f64[C] as whole numbers of ``unit`` f64[C], the nearest that ``dtype`` takes."""
    limit = bias_limit(dtype)
    steps: NDArray[np.float64] = np.clip(np.rint(real / unit), -limit, limit)
    return steps
