"""PAD and STRIDED_SLICE as C."""

from __future__ import annotations

import numpy as np

from mendlite.emit.c_harness_node import Node, size
from mendlite.emit.c_harness_text import Piece, axes, index, linear, nest, position, strides


def pad(node: Node) -> Piece:
    """PAD with the value that stands for zero."""
    entry, output = node.input(0), node.output
    node.require_int8(entry, output)
    pairs = [(int(a), int(b)) for a, b in node.constant(1).reshape(-1, 2)]
    padded = tuple(a + n + b for (a, b), n in zip(pairs, entry.shape, strict=False))
    if padded != output.shape or min(map(min, pairs)) < 0 or any(pairs[0]):
        raise node.unsupported(f"paddings {pairs}")
    start = sum(a * step for (a, _), step in zip(pairs, strides(output.shape), strict=True))
    loops = axes(entry.shape)
    target = position([name for name, _ in loops], output.shape, start)
    fill = nest([("i", size(output))], [f"{node.array(output)}[i] = {node.zero(entry)};"])
    move = f"{node.array(output)}[{target}] = {node.array(entry)}[{index(entry.shape)}];"
    return Piece(constants=(), body=(*fill, *nest(loops, [move])))


def strided_slice(node: Node) -> Piece:
    """STRIDED_SLICE of activations with begin, end and shrink masks."""
    entry, output = node.input(0), node.output
    node.require_int8(entry, output)
    for name in ("ellipsis_mask", "new_axis_mask"):
        if node.operator.options.get(name, 0):
            raise node.unsupported(name)
    spans = [_span(node, axis) for axis in range(len(entry.shape))]
    if int(np.prod([len(span) for span in spans], dtype=np.int64)) != size(output):
        raise node.unsupported(f"slices that do not make {list(output.shape)}")
    steps = strides(entry.shape)
    start = sum(span.start * step for span, step in zip(spans, steps, strict=True))
    loops = axes([len(span) for span in spans])
    source = linear(
        [
            (name, span.step * step)
            for (name, _), span, step in zip(loops, spans, steps, strict=True)
        ],
        start,
    )
    target = index([len(span) for span in spans])
    move = f"{node.array(output)}[{target}] = {node.array(entry)}[{source}];"
    return Piece(constants=(), body=tuple(nest(loops, [move])))


def _span(node: Node, axis: int) -> range:
    """The positions that are taken along one axis; all samples, and axes without a slice."""
    extent, bit = node.input(0).shape[axis], 1 << axis
    if axis >= min(node.constant(i).size for i in (1, 2, 3)):
        return range(extent)
    first, last, step = (int(node.constant(i).reshape(-1)[axis]) for i in (1, 2, 3))
    if axis == 0:
        if node.option("shrink_axis_mask") & bit or step != 1:
            raise node.unsupported("slicing of the samples")
        return range(extent)
    if node.option("shrink_axis_mask") & bit:
        return range(first % extent, first % extent + 1)
    low = None if node.option("begin_mask") & bit else first
    high = None if node.option("end_mask") & bit else last
    if step < 1:
        raise node.unsupported("a stride below 1")
    return range(*slice(low, high, step).indices(extent))
