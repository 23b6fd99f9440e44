"""Rows that a layer multiplies its weights with, at chosen output positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import pad, spread, windows
from mendlite.model.graph import Layer, Model
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import window_of


def layer_rows(
    model: Model, layer: Layer, x: NDArray[Any], positions: NDArray[np.int64]
) -> NDArray[Any]:
    """Rows of ``layer`` for its stored input ``x`` (n, ...).

    ``positions`` i64[S] index the flattened (n, out_h, out_w), rising. Integer inputs result in
    x - zero_point in int16, float inputs float32: [S, K] in the weights' order, or
    [S, C, kh * kw] for a depthwise convolution. Padding is zeros.
    """
    centred = _centred(model, layer, x)
    if layer.op == "FULLY_CONNECTED":
        inputs = model.tensors[layer.weights].shape[1]
        return centred.reshape(-1, inputs)[positions]
    context = prepare(model, Profile.TFLITE_REF).context(layer.index)
    window = window_of(context)
    if layer.op == "TRANSPOSE_CONV":
        stride = context.option("stride_h"), context.option("stride_w")
        # The kernel meets the spread input turned round: turn the windows instead.
        view = windows(pad(spread(centred, stride, 0), window), window)[:, :, :, ::-1, ::-1]
    else:
        view = windows(pad(centred, window), window)
    sample, row, column = np.unravel_index(positions, view.shape[:3])
    chosen = view[sample, row, column]
    if layer.op != "DEPTHWISE_CONV_2D":
        return chosen.reshape(positions.size, -1)
    taps = np.moveaxis(chosen.reshape(positions.size, -1, x.shape[3]), 1, 2)
    return np.repeat(taps, layer.channels // x.shape[3], axis=1)


def _centred(model: Model, layer: Layer, x: NDArray[Any]) -> NDArray[Any]:
    tensor = model.tensors[layer.input]
    if tensor.dtype is DType.FLOAT32:
        return x.astype(np.float32)
    return x.astype(np.int16) - np.int16(tensor.zero_point)
