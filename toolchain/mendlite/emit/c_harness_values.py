"""ADD, the pools and MEAN as C."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mendlite.arith.geometry import Window
from mendlite.arith.mean import mean_multiplier
from mendlite.arith.pairwise import LEFT_SHIFT
from mendlite.emit.c_harness_layers import taps
from mendlite.emit.c_harness_node import Node, Scaling
from mendlite.emit.c_harness_text import (
    Piece,
    array,
    axes,
    flat_index,
    index,
    linear,
    minus,
    nest,
    plus,
    strides,
)


def _broadcast(node: Node, shape: Sequence[int]) -> str:
    """Where the loops over the output stand in an array of ``shape`` that is broadcast to it."""
    output = node.output.shape
    missing = len(output) - len(shape)
    terms = []
    for axis, (extent, step) in enumerate(zip(shape, strides(shape), strict=True)):
        if missing < 0 or extent not in (1, output[axis + missing]):
            raise node.unsupported(f"shapes {list(shape)} and {list(output)}")
        terms.append((f"i{axis + missing}", 0 if extent == 1 else step))
    return linear(terms)


def _operand(node: Node, number: int) -> tuple[tuple[str, ...], str]:
    """(constants, C expression) of one value of an operand."""
    tensor = node.input(number)
    at = _broadcast(node, tensor.shape)
    if tensor.data is None:
        return (), f"{node.array(tensor)}[{at}]"
    name = f"{node.prefix}_operand{number}"
    return (array("int8_t", name, node.constant(number)),), f"{name}[{at}]"


def _share(node: Node, number: int, twice: float) -> tuple[int, Scaling]:
    """(largest value, multiplication) of an operand brought to the common scale."""
    tensor = node.input(number)
    real = tensor.scale / twice
    reach = node.far(tensor) << LEFT_SHIFT
    return int(reach * real) + 2, node.scaling("", real, reach)


def add(node: Node) -> Piece:
    """ADD: both operands are brought to a common scale (``reference_integer_ops::Add``)."""
    tensors = node.input(0), node.input(1)
    node.require_int8(*tensors, node.output)
    twice = 2.0 * max(tensor.scale for tensor in tensors)
    shares = [_share(node, number, twice) for number in range(2)]
    real = twice / ((1 << LEFT_SHIFT) * node.output.scale)
    total = node.scaling("", real, sum(reach for reach, _ in shares))
    constants: list[str] = []
    lines = []
    for number, name in enumerate(("first", "second")):
        more, value = _operand(node, number)
        constants += more
        raised = f"({minus(value, tensors[number].zero_point)}) * {1 << LEFT_SHIFT}"
        lines.append(f"const int32_t {name} = {shares[number][1].of(raised)};")
    lines += [
        f"const int32_t scaled = {total.of('first + second')};",
        f"{node.array(node.output)}[{index(node.output.shape)}] = {node.clamped('scaled')};",
    ]
    body = nest(axes(node.output.shape), lines)
    return Piece(constants=tuple(constants), body=tuple(body))


def _pool(node: Node, before: list[str], inner: list[str], after: list[str]) -> Piece:
    """A pool: ``inner`` sees every ``value`` under the window, ``after`` makes the ``result``."""
    x, output = node.input(0), node.output
    node.require_int8(x, output)
    window = _pool_window(node)
    if output.shape != (1, *window.output, x.shape[3]):
        raise node.unsupported(f"an output of shape {list(output.shape)}")
    source, target = (
        flat_index(names, tensor.shape)
        for names, tensor in ((("row", "col", "c"), x), (("y", "x", "c"), output))
    )
    low, high = node.output_range()
    lines = [
        *before,
        *taps(node, window, [f"const int32_t value = {node.array(x)}[{source}];", *inner]),
        *after,
        f"{node.array(output)}[{target}] = mendlite_clamp(result, {low}, {high});",
    ]
    loops = [("y", window.output[0]), ("x", window.output[1]), ("c", x.shape[3])]
    return Piece(constants=(), body=tuple(nest(loops, lines)))


def _pool_window(node: Node) -> Window:
    """The window of a pool."""
    return node.spatial_window((node.option("filter_h"), node.option("filter_w")))


def average_pool(node: Node) -> Piece:
    """AVERAGE_POOL_2D: half away from zero, over the unpadded part of the window."""
    return _pool(
        node,
        ["int32_t sum = 0;", "int32_t count = 0;"],
        ["sum += value;", "count++;"],
        [
            "const int32_t half = sum > 0 ? count / 2 : -(count / 2);",
            "const int32_t result = (sum + half) / count;",
        ],
    )


def max_pool(node: Node) -> Piece:
    """MAX_POOL_2D."""
    return _pool(
        node, ["int32_t result = -128;"], ["result = value > result ? value : result;"], []
    )


def mean(node: Node) -> Piece:
    """MEAN: the division is folded into the multiplier (``QuantizedMeanOrSum``)."""
    x, output = node.input(0), node.output
    node.require_int8(x, output)
    rank = len(x.shape)
    over = sorted({int(axis) % rank for axis in node.constant(1).reshape(-1)})
    if 0 in over:
        raise node.unsupported("a mean over the samples")
    count = int(np.prod([x.shape[axis] for axis in over], dtype=np.int64))
    factor, power = mean_multiplier(count, x.scale / output.scale, node.rounding)
    scaling = node.fixed_scaling("", np.array([factor]), np.array([power]), count * node.far(x))
    loops = axes(x.shape)
    left = [axis for axis in range(rank) if axis not in over]
    at = flat_index([f"i{axis}" for axis in left], [x.shape[axis] for axis in left])
    value = minus(f"{node.array(x)}[{index(x.shape)}]", x.zero_point)
    shifted = plus("scaled", output.zero_point)
    lines = [
        "int32_t sum = 0;",
        *nest([loops[axis] for axis in over], [f"sum += {value};"]),
        f"const int32_t scaled = {scaling.of('sum')};",
        # MEAN has no fused activation.
        f"{node.array(output)}[{at}] = mendlite_clamp({shifted}, -128, 127);",
    ]
    return Piece(constants=(), body=tuple(nest([loops[axis] for axis in left], lines)))
