"""Layers on the compiled kernels, where this machine has them: the bytes of the numpy ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, spread
from mendlite.compiled.layers import (
    LayerKernel,
    WholeLayer,
    depthwise_layer,
    real_depthwise_layer,
    real_layer,
    whole_layer,
)
from mendlite.compiled.trial import usable
from mendlite.replay.reference.context import Arrays, Context, Kernel

OnGrids = Callable[[Arrays, NDArray[np.float64]], NDArray[Any]]


def compiled_integer_layer(
    context: Context, weights: NDArray[np.int64], bias: NDArray[np.int64], of: WholeLayer
) -> Kernel | None:
    """The kernel of a layer of whole numbers; None where numpy has to run it.

    ``weights`` and ``bias`` as ``compiled.layers.whole_layer``.
    """
    if not usable() or not of.supported:
        return None
    if context.operator.op != "DEPTHWISE_CONV_2D" or context.input(0).shape[3] == 1:
        # A depthwise convolution of one channel is a convolution.
        return _around(context, whole_layer(weights, bias, of), of.offset)
    return _repeated(context, depthwise_layer(weights, bias, of))


def compiled_real_layer(
    context: Context,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    window: Window,
    ends: tuple[float, float],
) -> OnGrids | None:
    """The kernel of a float32 layer; None where numpy has to run it.

    ``weights`` [K, C] lie on their grids. It takes the operator's inputs and ``grid_shift`` f64[n]
    of each sample (of each row of a dense layer).
    """
    if not usable():
        return None
    run = real_layer(weights, bias, window, ends)
    before, rest = _before(context, 0), context.output.shape[1:]
    return lambda x, shifts: run(before(x), shifts).reshape(-1, *rest)


def compiled_real_depthwise(
    context: Context,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    window: Window,
    ends: tuple[float, float],
) -> Kernel | None:
    """The kernel of a float32 depthwise convolution; None where numpy has to run it."""
    if not usable():
        return None
    return _repeated(context, real_depthwise_layer(weights, bias, window, ends))


def _repeated(context: Context, run: LayerKernel) -> Kernel:
    """``run`` on as many input channels as there are output channels."""
    repeats = context.output.shape[3] // context.input(0).shape[3]
    if repeats == 1:
        return lambda x: run(x[0])
    return lambda x: run(np.repeat(x[0], repeats, axis=3))


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
    return lambda x: x[0]
