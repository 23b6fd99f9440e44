"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED as affine nodes."""

from __future__ import annotations

import numpy as np

from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.maps import Dense, Map
from mendlite.certify.bounds.network import Node
from mendlite.certify.lowering.node import (
    affine_node,
    is_float,
    refusal_of,
    require_one_type,
)
from mendlite.certify.lowering.taps import gathered, taps_of
from mendlite.certify.rounding_noise import rounding_noise, value_of
from mendlite.model.tensor import DType
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.layers import bias_of, make_requantizer, weight_matrix, window_of


def layer(context: Context, sources: tuple[int, ...]) -> Node:
    """A layer with weights: ``s_y m w / s_x`` per weight, ``s_y m b`` per bias."""
    _require_types(context)
    weights, bias = _real_constants(context)
    channels = weights.shape[1]
    noise, kernel = None, None
    if not is_float(context):
        requantizer = make_requantizer(context)
        if requantizer.wraps:
            raise refusal_of(context, "an accumulator may leave int32")
        factor = np.broadcast_to(value_of(requantizer), channels)
        step = context.output.scale
        down, up = rounding_noise(requantizer, channels)
        weights = weights * (step * factor / context.input(0).scale)
        bias, noise = bias * (step * factor), (step * down, step * up)
        pair = (requantizer.multiplier, requantizer.shift)
        kernel = np.stack([np.broadcast_to(v, channels) for v in pair], axis=1)
    mapped = _mapped(context, weights)
    tiles = mapped.shape[0] // channels
    return affine_node(
        context, sources, (mapped,), bias=np.tile(bias, tiles),
        noise=None if noise is None else (np.tile(noise[0], tiles), np.tile(noise[1], tiles)),
        kernel=None if kernel is None else np.tile(kernel, (tiles, 1)),
    )  # fmt: skip


def _require_types(context: Context) -> None:
    """All int8, but for int4 weights, or all float32."""
    weights, activations = context.input(1), (context.input(0), context.output)
    int4 = weights.dtype is DType.INT4 and not is_float(context)
    require_one_type(context, activations if int4 else (*activations, weights))


def _real_constants(context: Context) -> tuple[Floats, Floats]:
    """A layer's stored weights [K, C] and bias [C] (0 without) in float64.

    Raises UnsupportedModelError where a value is NaN or infinite.
    """
    stored, bias = weight_matrix(context), bias_of(context)
    if not (np.isfinite(stored).all() and (bias is None or np.isfinite(bias).all())):
        raise refusal_of(context, "a weight or bias is NaN or infinite")
    weights = stored.astype(np.float64)
    return weights, np.zeros(weights.shape[1]) if bias is None else bias.astype(np.float64)


def _mapped(context: Context, weights: Floats) -> Map:
    """A layer's weights [K, C] as a map of flat vectors."""
    operator = context.operator.op
    if operator == "FULLY_CONNECTED":
        rows = context.input(0).elements // weights.shape[0]
        if rows != 1:
            raise refusal_of(context, f"{rows} rows a sample")
        return Dense(matrix=np.ascontiguousarray(weights.T))
    window = window_of(context)
    taps = taps_of(context, window)
    positions, size, inputs = taps.shape
    channels = weights.shape[1]
    if operator == "CONV_2D":
        if inputs != context.input(1).shape[3]:
            raise refusal_of(context, "grouped channels")
        index = np.repeat(taps.reshape(positions, 1, -1), channels, axis=1)
        weight = np.broadcast_to(weights.T, (positions, channels, weights.shape[0]))
    else:
        reads = np.arange(channels) // (channels // inputs)
        index = np.moveaxis(taps[:, :, reads], 1, 2)
        weight = np.broadcast_to(weights.T, (positions, channels, size))
    return gathered(context, index.reshape(positions * channels, -1), weight)
