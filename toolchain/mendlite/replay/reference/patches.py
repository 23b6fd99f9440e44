"""Rows that a layer multiplies its weights with, at chosen output positions."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, pad, spread, windows
from mendlite.model.graph import Layer, Model
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import window_of

PART_VALUES = 2**24
"""Values of the inputs that are padded together, where a sample has no more."""


def layer_rows(
    model: Model, layer: Layer, x: NDArray[Any], positions: NDArray[np.int64]
) -> NDArray[Any]:
    """Rows of ``layer`` for its stored input ``x`` (n, ...).

    ``positions`` i64[S] index the flattened (n, out_h, out_w), rising. Integer inputs result in
    x - zero_point in int16, float inputs float32: [S, K] in the weights' order, or
    [S, C, kh * kw] for a depthwise convolution. Padding is zeros.
    """
    if layer.op == "FULLY_CONNECTED":
        inputs = model.tensors[layer.weights].shape[1]
        return _centred(model, layer, x.reshape(-1, inputs)[positions])
    context = prepare(model, Profile.TFLITE_REF).context(layer.index)
    window = window_of(context)
    count = window.output[0] * window.output[1]
    # Padded copies of all samples would take several times the memory of the rows.
    together = max(1, PART_VALUES // max(prod(x.shape[1:]), 1))
    rows: NDArray[Any] | None = None
    for begin in range(0, max(len(x), 1), together):
        ends = np.searchsorted(positions, [begin * count, (begin + together) * count])
        place = slice(*ends)
        if place.start == place.stop and begin:
            continue
        values = _centred(model, layer, x[begin : begin + together])
        own = _convolution_rows(context, layer, values, window, positions[place] - begin * count)
        if rows is None:
            rows = np.empty((len(positions), *own.shape[1:]), own.dtype)
        rows[place] = own
    return np.zeros(0) if rows is None else rows


def _convolution_rows(
    context: Context,
    layer: Layer,
    centred: NDArray[Any],
    window: Window,
    positions: NDArray[np.int64],
) -> NDArray[Any]:
    """Rows of a convolution for its centred inputs."""
    if layer.op == "TRANSPOSE_CONV":
        stride = context.option("stride_h"), context.option("stride_w")
        # The kernel meets the spread input turned round: turn the windows instead.
        view = windows(pad(spread(centred, stride, 0), window), window)[:, :, :, ::-1, ::-1]
    else:
        view = windows(pad(centred, window), window)
    sample, row, column = np.unravel_index(positions, view.shape[:3])
    chosen = view[sample, row, column]
    if layer.op != "DEPTHWISE_CONV_2D":
        return chosen.reshape(len(chosen), prod(chosen.shape[1:]))
    depth = centred.shape[3]
    taps = np.moveaxis(chosen.reshape(len(chosen), prod(chosen.shape[1:-1]), depth), 1, 2)
    return np.repeat(taps, layer.channels // depth, axis=1)


def _centred(model: Model, layer: Layer, x: NDArray[Any]) -> NDArray[Any]:
    tensor = model.tensors[layer.input]
    if tensor.dtype is DType.FLOAT32:
        return x.astype(np.float32)
    return x.astype(np.int16) - np.int16(tensor.zero_point)
