"""Slopes through operators without weights: sums, pools, means, activations and conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import pad, window_spans, windows
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.arith.slopes import Slopes, cropped, padded_zeros, total
from mendlite.model.graph import FUSED
from mendlite.model.operator_view import quantized_range
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare.curves import alpha_of
from mendlite.repair.learning.operator_slopes import Arrays, Backward, Slots, SlotSlopes
from mendlite.replay.reference.context import INTEGER, Context

Inside = Callable[[NDArray[Any]], NDArray[np.bool_]]
"""Stored outputs → where they lie strictly inside their clamp."""


def inside(context: Context) -> Inside:
    """Where an operator's outputs lie inside its fused activation and its tensor's range."""
    if context.output.dtype is DType.FLOAT32:
        low, high = context.fused_range()
    else:
        low, high = context.output_range()
    return _between(low, high)


def _between(low: float, high: float) -> Inside:
    return lambda output: (output > low) & (output < high)


def real(tensor: Tensor, stored: NDArray[Any]) -> NDArray[np.float32]:
    """The real values f32 of an activation."""
    if tensor.dtype is DType.FLOAT32:
        return stored.astype(np.float32)
    centred = stored.astype(np.float32) - np.float32(tensor.zero_point)
    result: NDArray[np.float32] = centred * np.float32(tensor.scale)
    return result


def _fitted(slopes: Slopes, shape: tuple[int, ...]) -> Slopes:
    """Slopes of a broadcast operand, summed over the axes along which it was repeated."""
    extra = slopes.ndim - len(shape)
    padded = (1,) * extra + shape
    axes = tuple(a for a, n in enumerate(padded) if n == 1 and slopes.shape[a] != 1)
    if axes:
        slopes = total(slopes, axes, keep=True).astype(np.float32)
    return slopes.reshape(shape)


def prepare_sum(context: Context, slots: Slots) -> Backward:
    """ADD and SUB."""
    open_at, minus = inside(context), context.operator.op == "SUB"

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        passed = slopes * open_at(output)
        signed = {0: passed, 1: -passed if minus else passed}
        return {slot: _fitted(signed[slot], x[slot].shape) for slot in slots}

    return run


def prepare_product(context: Context, slots: Slots) -> Backward:
    """MUL: each input's slopes are the other's values times the output's."""
    open_at = inside(context)

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        passed = slopes * open_at(output)
        values = [real(context.input(slot), x[slot]) for slot in (0, 1)]
        return {slot: _fitted(passed * values[1 - slot], x[slot].shape) for slot in slots}

    return run


def prepare_average(context: Context, _slots: Slots) -> Backward:
    """AVERAGE_POOL_2D: an equal share for each value of the window's unpadded part."""
    window, open_at = context.pool_window(), inside(context)
    spatial = context.input(0).shape[1:3]
    ones = pad(np.ones((1, *spatial, 1), np.float32), window)
    share = np.float32(1) / windows(ones, window).sum(axis=(3, 4))

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        passed = slopes * open_at(output) * share
        by_input = padded_zeros(len(x[0]), (spatial[0], spatial[1]), slopes.shape[-1], window)
        for row, column in window_spans(window):
            by_input[:, row, column] += passed
        return {0: cropped(by_input, (spatial[0], spatial[1]), window)}

    return run


def prepare_largest(context: Context, _slots: Slots) -> Backward:
    """MAX_POOL_2D: all of it for the first largest value of the window."""
    window, open_at = context.pool_window(), inside(context)
    height, width = context.input(0).shape[1:3]

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        passed = slopes * open_at(output)
        lowest = np.iinfo(x[0].dtype).min if x[0].dtype.kind in "iu" else -np.inf
        padded = pad(x[0], window, lowest)
        by_input = padded_zeros(len(x[0]), (height, width), slopes.shape[-1], window)
        for row, column in window_spans(window):
            here = padded[:, row, column] == output
            by_input[:, row, column] += passed * here
            passed = passed * ~here
        return {0: cropped(by_input, (height, width), window)}

    return run


def prepare_mean(context: Context, _slots: Slots) -> Backward:
    """MEAN: an equal share for each averaged value."""
    shape = context.input(0).shape
    axes = {a % len(shape) for a in context.preparation.numbers(1, "axes")}
    share = np.float32(1.0 / np.prod([shape[a] for a in axes]))
    limits = (-np.inf, np.inf) if context.output.dtype is DType.FLOAT32 else (-128, 127)
    open_at = _between(*limits)

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        kept = tuple(1 if a in axes else n for a, n in enumerate(x[0].shape))
        passed = (slopes * open_at(output) * share).reshape(kept)
        return {0: np.broadcast_to(passed, x[0].shape)}

    return run


def prepare_clamp(context: Context, _slots: Slots) -> Backward:
    """RELU, RELU6, RELU_N1_TO_1: through where the output lies inside the clamp."""
    bounds = FUSED[context.operator.op]
    if context.output.dtype is not DType.FLOAT32:
        bounds = quantized_range(context.output, bounds)
    open_at = _between(*bounds)
    return lambda _x, output, slopes: {0: slopes * open_at(output)}


def prepare_leaky(context: Context, _slots: Slots) -> Backward:
    """LEAKY_RELU: through above 0, times its slope below."""
    alpha = np.float32(alpha_of(context.preparation))
    bounds = (-np.inf, np.inf)
    if context.output.dtype is not DType.FLOAT32:
        low, high = context.output.dtype.ends
        bounds = float(low), float(high)
    open_at = _between(*bounds)

    def run(x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        steep = np.where(real(context.input(0), x[0]) > 0, np.float32(1), alpha)
        return {0: slopes * steep * open_at(output)}

    return run


def prepare_curve(context: Context, _slots: Slots) -> Backward:
    """LOGISTIC and TANH, by their outputs: y (1 - y) and 1 - y**2."""
    one = np.float32(1)

    def run(_x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        y = real(context.output, output)
        steep = y * (one - y) if context.operator.op == "LOGISTIC" else one - y * y
        return {0: slopes * steep}

    return run


def prepare_softmax(context: Context, _slots: Slots) -> Backward:
    """SOFTMAX over the last axis, by its outputs."""
    beta = np.float32(float(context.operator.options.get("beta", 1.0)))  # type: ignore[arg-type]

    def run(_x: Arrays, output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        y = real(context.output, output)
        mean = ordered_sum(y * slopes, -1)[..., None].astype(np.float32)
        return {0: y * (slopes - mean) * beta}

    return run


def prepare_conversion(context: Context, _slots: Slots) -> Backward:
    """QUANTIZE and DEQUANTIZE: through, but for what saturates."""
    if context.output.dtype not in INTEGER:
        return lambda _x, _output, slopes: {0: slopes}
    open_at = _between(*context.output.dtype.ends)
    return lambda _x, output, slopes: {0: slopes * open_at(output)}
