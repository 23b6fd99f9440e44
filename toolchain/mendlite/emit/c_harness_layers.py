"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED as C."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window
from mendlite.emit.c_harness_node import Node, Scaling
from mendlite.emit.c_harness_text import Piece, array, flat_index, linear, minus, nest, when
from mendlite.model.tensor import DType


def _bias(node: Node, channels: int) -> NDArray[np.int64] | None:
    if not node.given(2):
        return None
    values = node.constant(2).reshape(-1).astype(np.int64)
    if node.input(2).dtype is not DType.INT32 or values.size != channels:
        raise node.unsupported("a bias that is not one int32 a channel")
    return values


def _weights(node: Node) -> NDArray[Any]:
    """Their values, of int4 weights as of int8 ones: a checker gains nothing from packed ones."""
    weights = node.input(1)
    node.require_int8(node.input(0), node.output)
    if weights.dtype is not DType.INT4:
        node.require_int8(weights)
    if np.any(node.quantization(weights).zero_point):
        raise node.unsupported("weights with a zero-point")
    return node.constant(1)


def _layer(
    node: Node, values: NDArray[Any], channel_axis: int, accumulate: list[str], at: str
) -> tuple[tuple[str, ...], list[str]]:
    """(constants, the lines that compute the output at index ``at`` of channel ``c``).

    ``accumulate`` adds the products to ``acc``.
    """
    channels = values.shape[channel_axis]
    bias = _bias(node, channels)
    others = tuple(axis for axis in range(values.ndim) if axis != channel_axis)
    reach = np.abs(values.astype(np.int64)).sum(axis=others) * node.far(node.input(0))
    constants = [array("int8_t", f"{node.prefix}_weights", values)]
    begin = "0"
    if bias is not None:
        constants.append(array("int32_t", f"{node.prefix}_bias", bias))
        begin, reach = f"{node.prefix}_bias[c]", reach + np.abs(bias)
    scaling = _scaling(node, reach)
    lines = [
        f"int32_t acc = {begin};",
        *accumulate,
        f"const int32_t scaled = {scaling.of('acc')};",
        f"{node.array(node.output)}[{at}] = {node.clamped('scaled')};",
    ]
    return (*constants, *scaling.constants), lines


def _scaling(node: Node, reach: NDArray[np.int64]) -> Scaling:
    real = node.multipliers()
    if real.size not in (1, reach.size):
        raise node.unsupported("scales that do not run over its channels")
    return node.scaling("", real, reach, "c")


def _product(node: Node, x: str, w: str) -> str:
    """The line that adds one product to ``acc``."""
    value = minus(f"{node.array(node.input(0))}[{x}]", node.input(0).zero_point)
    return f"acc += ({value}) * {node.prefix}_weights[{w}];"


def dense(node: Node) -> Piece:
    """FULLY_CONNECTED: one row of inputs after the other."""
    weights = _weights(node)
    if weights.ndim != 2 or node.text_option("weights_format", "DEFAULT") != "DEFAULT":
        raise node.unsupported("weights that are not [channels, inputs]")
    channels, inputs = weights.shape
    rows = node.input(0).elements // inputs
    product = _product(
        node,
        linear([("r", inputs if rows > 1 else 0), ("k", 1)]),
        linear([("c", inputs), ("k", 1)]),
    )
    at = linear([("r", channels if rows > 1 else 0), ("c", 1)])
    constants, lines = _layer(node, weights, 0, nest([("k", inputs)], [product]), at)
    axes = [("r", rows), ("c", channels)] if rows > 1 else [("c", channels)]
    return Piece(constants=constants, body=tuple(nest(axes, lines)))


def taps(node: Node, window: Window, inner: list[str]) -> list[str]:
    """``inner`` at every position (row, col) of the input under the window at (y, x)."""
    _, height, width, _ = node.input(0).shape
    (top, left), (sh, sw), (dh, dw) = window.before, window.stride, window.dilation
    inside = f"row >= 0 && row < {height} && col >= 0 && col < {width}"
    lines = [
        f"const int row = {linear([('y', sh), ('i', dh)], -top)};",
        f"const int col = {linear([('x', sw), ('j', dw)], -left)};",
        *when(inside if window.padded else "", inner),
    ]
    return nest([("i", window.size[0]), ("j", window.size[1])], lines)


def _spatial(node: Node, shape: tuple[int, ...]) -> Window:
    if len(shape) != 4:
        raise node.unsupported(f"weights of shape {list(shape)}")
    dilation = node.option("dilation_h"), node.option("dilation_w")
    return node.spatial_window((shape[1], shape[2]), dilation)


def _over_output(node: Node, window: Window, lines: list[str]) -> tuple[str, ...]:
    channels = node.output.shape[3]
    if node.output.shape[1:3] != window.output:
        raise node.unsupported(f"an output of shape {list(node.output.shape)}")
    height, width = window.output
    return tuple(nest([("y", height), ("x", width), ("c", channels)], lines))


def conv(node: Node) -> Piece:
    """CONV_2D: weights [channels, height, width, inputs]."""
    weights = _weights(node)
    window = _spatial(node, weights.shape)
    shape = node.input(0).shape
    if weights.shape[3] != shape[3]:
        raise node.unsupported("grouped channels")
    far = flat_index(("c", "i", "j", "k"), weights.shape)
    product = _product(node, flat_index(("row", "col", "k"), shape), far)
    inner = nest([("k", shape[3])], [product])
    at = flat_index(("y", "x", "c"), node.output.shape)
    constants, lines = _layer(node, weights, 0, taps(node, window, inner), at)
    return Piece(constants=constants, body=_over_output(node, window, lines))


def depthwise(node: Node) -> Piece:
    """DEPTHWISE_CONV_2D: weights [1, height, width, channels]."""
    weights = _weights(node)
    window = _spatial(node, weights.shape)
    shape = node.input(0).shape
    if weights.shape[3] % shape[3]:
        raise node.unsupported("channels that are no multiple of the input's")
    times = weights.shape[3] // shape[3]
    channel = "c" if times == 1 else f"c / {times}"
    far = flat_index(("i", "j", "c"), weights.shape)
    product = _product(node, flat_index(("row", "col", channel), shape), far)
    at = flat_index(("y", "x", "c"), node.output.shape)
    constants, lines = _layer(node, weights, 3, taps(node, window, [product]), at)
    return Piece(constants=constants, body=_over_output(node, window, lines))
