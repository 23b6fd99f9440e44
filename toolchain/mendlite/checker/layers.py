"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: int8 in int64, float32 summed in float64.

Layers with int8 weights and float activations quantize each sample (each row of a dense layer)
at run time, as ``portable_tensor_utils.cc`` has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.block_layer import run_blocks
from mendlite.checker.rounding import scale_each, wrapped
from mendlite.checker.run_time import asymmetric, symmetric
from mendlite.checker.spreading import spread
from mendlite.checker.step import Array, Axis, RunningOperator, axes_of, taps
from mendlite.checker.wide import scaled_sums

STORED_BYTES = (("int8",) * 3, ("uint8",) * 3)
"""Types of input, weights and output of a layer that is summed in int32."""

ACTIVATION = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 3}
"""The option that holds the fused activation."""


def run_layer(step: RunningOperator) -> Array:
    """The stored output of a layer."""
    kinds = (step.kind(0), step.kind(1), str(step.output.dtype))
    if kinds in STORED_BYTES:
        return _bytes(step)
    if kinds == ("int16", "int8", "int16"):
        return int16(step, _sums, np.dtype(np.int64))
    if kinds == ("float32", "float32", "float32"):
        return _float(step)
    if kinds == ("float32", "int8", "float32"):
        return hybrid(step, _sums, np.dtype(np.int64))
    raise step.unsupported("types " + ", ".join(kinds))


def _sums(step: RunningOperator, x: Array, weights: Array) -> Array:
    """Sums of x * w for every output, in the arrays' common type; padding adds nothing."""
    if step.op.name == "FULLY_CONNECTED":
        rows = x.reshape(-1, weights.shape[1])
        return (rows @ weights.T).reshape(-1, *step.output.shape[1:])
    if step.op.name == "DEPTHWISE_CONV_2D":
        return depthwise(x, weights, windows(step, weights))
    if step.op.name == "TRANSPOSE_CONV":
        return spread(step, x, weights)
    if weights.shape[3] != x.shape[3]:
        raise step.unsupported("grouped channels")
    axes, total = windows(step, weights), None
    for i, j, values in taps(x, axes, 0):
        rows = np.ascontiguousarray(values).reshape(-1, x.shape[3])
        term = rows @ np.ascontiguousarray(weights[:, i, j].T)
        total = term if total is None else total + term
    return np.asarray(total).reshape(x.shape[0], axes[0].output, axes[1].output, -1)


def windows(step: RunningOperator, weights: Array) -> tuple[Axis, Axis]:
    """The windows of a convolution over height and width."""
    # Conv2DOptions: stride_w 1, stride_h 2, dilation_w 4, dilation_h 5; one later for depthwise.
    later = 1 if step.op.name == "DEPTHWISE_CONV_2D" else 0
    stride = int(step.op.option(2, "i")), int(step.op.option(1, "i"))
    dilation = int(step.op.option(5 + later, "i", 1)), int(step.op.option(4 + later, "i", 1))
    return axes_of(step, (weights.shape[1], weights.shape[2]), stride, dilation)


def depthwise(x: Array, weights: Array, axes: tuple[Axis, Axis]) -> Array:
    """Output channel c reads input channel c // multiplier."""
    multiplier = weights.shape[3] // x.shape[3]
    values, total = np.repeat(x, multiplier, axis=3), None
    for i, j, window in taps(values, axes, 0):
        term = window * weights[0, i, j]
        total = term if total is None else total + term
    return np.asarray(total)


def real_multipliers(step: RunningOperator) -> NDArray[np.float64]:
    """s_x s_w / s_y.

    With one scale of the weights s_x s_w is a product in float32 (GetQuantizedConvolutionMultipler)
    in uint8 convolutions, and in dense layers of TFLite Micro until October 2026.
    """
    scales = step.tensor(1).quantized.scale
    dense = step.op.name == "FULLY_CONNECTED"
    narrow = step.profile in ("tflm", "single") if dense else step.kind(1) == "uint8"
    if narrow and scales.size == 1:
        product = np.float32(step.tensor(0).scale) * scales.astype(np.float32)
        return np.asarray(product, np.float64) / step.output.scale
    return step.tensor(0).scale * scales / step.output.scale


def centred_weights(step: RunningOperator) -> NDArray[np.int64]:
    """Weights less their zero-point, which those of int8 do not have."""
    weights: NDArray[np.int64] = step.values[1].astype(np.int64)
    return weights - step.tensor(1).zero if step.kind(1) == "uint8" else weights


def _bytes(step: RunningOperator) -> Array:
    if step.kind(1) == "int8" and step.tensor(1).quantized.zero_point.any():
        raise step.unsupported("weights with a zero-point")
    centred = step.values[0].astype(np.int64) - step.tensor(0).zero
    acc, bias = _sums(step, centred, centred_weights(step)), step.bias()
    if bias is not None:
        acc = acc + bias.astype(np.int64)
    scaled = scale_each(wrapped(acc), real_multipliers(step), single=step.single)
    scaled = wrapped(scaled + step.output.zero)
    ends = step.bounds(ACTIVATION[step.op.name])
    return np.clip(scaled, *ends).astype(step.values[0].dtype)


def int16(
    step: RunningOperator,
    sums: Callable[[RunningOperator, Array, Array], Array],
    kind: np.dtype[Any],
) -> Array:
    """A layer of int16 activations, its integers summed in type ``kind``."""
    acc = sums(step, step.values[0].astype(kind), step.values[1].astype(kind)).astype(np.int64)
    bias = step.bias()
    if bias is not None:
        acc = acc + bias.astype(np.int64)
    steps = scaled_sums(step, acc, real_multipliers(step))
    return np.clip(steps, *step.bounds(ACTIVATION[step.op.name])).astype(np.int16)


def _float(step: RunningOperator) -> Array:
    total = _sums(step, step.values[0].astype(np.float64), step.values[1].astype(np.float64))
    bias = step.bias()
    if bias is not None:
        total = total + bias.astype(np.float64)
    return np.clip(total, *step.activation(ACTIVATION[step.op.name])).astype(np.float32)


def hybrid(
    step: RunningOperator,
    sums: Callable[[RunningOperator, Array, Array], Array],
    kind: np.dtype[Any],
) -> Array:
    """A layer that quantizes its activations at run time, its integers summed in type ``kind``."""
    blocks = step.tensor(1).blocks
    if blocks is not None:
        return run_blocks(step, blocks)
    dense = step.op.name == "FULLY_CONNECTED"
    scales = step.tensor(1).quantized.scale.astype(np.float32)
    x = step.values[0].astype(np.float32)
    rows = x.reshape(-1, step.values[1].shape[1]) if dense else x
    asked = dense and bool(step.op.option(3, "?"))
    uneven = asked or (scales.size > 1 and not dense)
    litert = step.profile == "tflite_ref"
    stored, scale, zero = asymmetric(rows, litert=litert) if uneven else symmetric(rows)
    centred = (stored - zero).astype(kind).reshape(x.shape)
    acc = sums(step, centred, step.values[1].astype(kind))
    # One scale a row of a dense layer, whose rows may stand in several axes; one a sample else.
    each = (*acc.shape[:-1], 1) if dense else (-1, *[1] * (acc.ndim - 1))
    factor = scale.reshape(each) * scales
    bias = step.bias()
    added = np.float32(0) if bias is None else bias.astype(np.float32)
    low, high = (np.float32(end) for end in step.activation(ACTIVATION[step.op.name]))
    return np.clip(acc.astype(np.float32) * factor + added, low, high)
