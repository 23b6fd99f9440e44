"""Layers on the compiled kernels, where this machine has them: the bytes of the numpy ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import Window, spread
from mendlite.arith.requantize import Requantizer
from mendlite.compiled.layers import (
    DENSE,
    Geometry,
    LayerKernel,
    Requantization,
    depthwise_layer,
    real_depthwise_layer,
    real_layer,
    supports,
    whole_layer,
)
from mendlite.compiled.trial import usable
from mendlite.replay.reference.context import Arrays, Context, Kernel

OnGrids = Callable[[Arrays, NDArray[np.float64]], NDArray[Any]]


def _geometry(window: Window | None) -> Geometry:
    """The compiled kernels' window; None is a dense layer's."""
    if window is None:
        return DENSE
    return Geometry(
        size=window.size, stride=window.stride, dilation=window.dilation,
        before=window.before, output=window.output,
    )  # fmt: skip


def _requantization(of: Requantizer) -> Requantization:
    return Requantization(
        multiplier=of.multiplier,
        shift=of.shift,
        zero_point=of.zero_point,
        low=of.low,
        high=of.high,
        rounds_once=of.rounding is Rounding.SINGLE,
        dtype=of.dtype,
    )


def compiled_integer_layer(
    context: Context,
    weights: NDArray[np.int64],
    bias: NDArray[np.int64],
    window: Window | None,
    requantizer: Requantizer | None,
) -> Kernel | None:
    """The kernel of a layer of whole numbers; None where numpy has to run it.

    ``weights`` and ``bias`` as ``compiled.layers.whole_layer``; without ``requantizer`` it results
    in int32 sums.
    """
    to = None if requantizer is None else _requantization(requantizer)
    if not usable() or (to is not None and not supports(to)):
        return None
    offset = 0 if requantizer is None else context.input(_slot(context)).zero_point
    depthwise = context.operator.op == "DEPTHWISE_CONV_2D"
    make = depthwise_layer if depthwise else whole_layer
    run = make(weights, bias, _geometry(window), offset=offset, requantization=to)
    return _around(context, run, offset)


def compiled_real_layer(
    context: Context,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    window: Window | None,
    ends: tuple[float, float],
) -> OnGrids | None:
    """The kernel of a float32 layer; None where numpy has to run it.

    ``weights`` [K, C] lie on their grids. It takes the operator's inputs and ``grid_shift`` f64[n]
    of each sample (of each row of a dense layer).
    """
    if not usable():
        return None
    run = real_layer(weights, bias, _geometry(window), ends)
    before, rest = _before(context, 0), context.output.shape[1:]
    return lambda x, shifts: run(before(x), shifts).reshape(-1, *rest)


def compiled_real_depthwise(
    context: Context,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    window: Window | None,
    ends: tuple[float, float],
) -> Kernel | None:
    """The kernel of a float32 depthwise convolution; None where numpy has to run it."""
    if not usable():
        return None
    return _around(context, real_depthwise_layer(weights, bias, _geometry(window), ends), 0)


def _slot(context: Context) -> int:
    """Which input of the operator holds the activations."""
    return 2 if context.operator.op == "TRANSPOSE_CONV" else 0


def _around(context: Context, run: LayerKernel, outside: int) -> Kernel:
    """``run`` on an operator's own inputs and to its own shape of output."""
    before, rest = _before(context, outside), context.output.shape[1:]
    return lambda x: run(before(x)).reshape(-1, *rest)


def _before(context: Context, outside: int) -> Callable[[Arrays], NDArray[Any]]:
    """The operator's inputs as (n, h, w, c): one row of a dense layer a sample."""
    op = context.operator.op
    if op == "FULLY_CONNECTED":
        inputs = context.input(1).shape[1]
        return lambda x: x[0].reshape(-1, 1, 1, inputs)
    if op == "TRANSPOSE_CONV":
        stride = context.option("stride_h"), context.option("stride_w")
        return lambda x: spread(x[2], stride, outside)
    channels = context.input(0).shape[3]
    repeats = context.output.shape[3] // channels if op == "DEPTHWISE_CONV_2D" else 1
    return lambda x: np.repeat(x[0], repeats, axis=3) if repeats > 1 else x[0]
