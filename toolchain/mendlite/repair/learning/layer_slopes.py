"""Slopes through CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import slopes as by
from mendlite.arith.slopes import Floats, Slopes
from mendlite.model.tensor import DType, Tensor
from mendlite.repair.learning.activation_slopes import inside
from mendlite.repair.learning.operator_slopes import Arrays, Backward, Slots, SlotSlopes
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.layers import weight_matrix, window_of

FLOAT_INPUT_BITS = 12
"""Float activations (dynamic range) meet slopes rounded to this many bits."""

WEIGHTS, BIAS = 1, 2


def prepare_layer(context: Context, slots: Slots) -> Backward:
    """Slopes by input, and by each stored step of weights and bias, of an int8 or hybrid layer.

    Straight through every rounding; where an output lies at its clamp, nothing passes.
    """
    open_at = inside(context)
    scale = np.broadcast_to(context.input(WEIGHTS).quantization().scale, (_channels(context),))
    factor = scale.astype(np.float32)
    matrix = weight_matrix(context)
    bits, kind = by.room(_taps(context, matrix))
    taps = _taps(context, matrix).astype(kind)
    step = _bias_step(context, scale)

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        passed = slopes * open_at(output)
        by_slot: dict[int, NDArray[Any]] = {}
        if BIAS in slots:
            axes = tuple(range(passed.ndim - 1))
            by_slot[BIAS] = by.total(passed, axes) * step
        # A step of a weight changes the output by its channel's scale times the input.
        passed = by.on_grid(passed * factor, bits)
        if 0 in slots:
            by_slot[0] = _by_input(context, passed, taps, x[0].shape)
        if WEIGHTS in slots:
            by_slot[WEIGHTS] = _by_weights(context, x[0], passed)
        return by_slot

    return run


def _channels(context: Context) -> int:
    shape = context.input(WEIGHTS).shape
    return shape[3] if context.operator.op == "DEPTHWISE_CONV_2D" else shape[0]


def _taps(context: Context, matrix: NDArray[Any]) -> NDArray[Any]:
    """Weights [T, in, C] by the window's positions; depthwise [T, in, multiplier]."""
    if context.operator.op == "FULLY_CONNECTED":
        return matrix[None]
    channels = context.input(0).shape[3]
    return matrix.reshape(-1, channels, matrix.size // _positions(context) // channels)


def _positions(context: Context) -> int:
    _, height, width, _ = context.input(WEIGHTS).shape
    return height * width


def _bias_step(context: Context, scale: Floats) -> Floats:
    """The real value of a step of the bias, f64[C]; 1 for a float32 bias."""
    if context.given(BIAS) and context.input(BIAS).dtype is DType.FLOAT32:
        return np.ones_like(scale)
    step: Floats = real_step(context.input(0)) * scale
    return step


def real_step(tensor: Tensor) -> float:
    """The real value of a step of an activation; 1 where it is float."""
    return 1.0 if tensor.dtype is DType.FLOAT32 else tensor.scale


def _whole(context: Context, x: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """The input as multiples of the second, few enough bits for exact sums."""
    tensor = context.input(0)
    if tensor.dtype is DType.FLOAT32:
        return by.on_grid(x, FLOAT_INPUT_BITS), 1.0
    return x.astype(np.int16) - np.int16(tensor.zero_point), tensor.scale


def _by_input(
    context: Context, slopes: Slopes, taps: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    if context.operator.op == "FULLY_CONNECTED":
        return by.dense_by_input(slopes.reshape(-1, slopes.shape[-1]), taps).reshape(shape)
    depthwise = context.operator.op == "DEPTHWISE_CONV_2D"
    compute: Callable[..., Slopes] = by.depthwise_by_input if depthwise else by.convolution_by_input
    return compute(slopes, taps, window_of(context), shape[1:3])


def _by_weights(context: Context, x: NDArray[Any], slopes: Slopes) -> NDArray[Any]:
    """Slopes by the stored weights, in the weight tensor's shape."""
    values, step = _whole(context, x)
    shape = context.input(WEIGHTS).shape
    if context.operator.op == "FULLY_CONNECTED":
        rows = values.reshape(-1, shape[-1])
        by_weights = by.dense_by_weights(rows, slopes.reshape(-1, slopes.shape[-1]))
    elif context.operator.op == "DEPTHWISE_CONV_2D":
        multiplier = shape[3] // x.shape[3]
        by_weights = by.depthwise_by_weights(values, slopes, window_of(context), multiplier)
        return (by_weights * step).reshape(shape)
    else:
        by_weights = by.convolution_by_weights(values, slopes, window_of(context))
    return (by_weights * step).reshape(-1, shape[0]).T.reshape(shape)
