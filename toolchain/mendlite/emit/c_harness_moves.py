"""PAD and STRIDED_SLICE as C."""

from __future__ import annotations

from mendlite.emit.c_harness_node import Node
from mendlite.emit.c_harness_text import Piece, axes, flat_index, index, linear, nest, strides
from mendlite.prepare.slicing import axis_slices
from mendlite.prepare.view import Preparation


def pad(node: Node) -> Piece:
    """PAD with the value that stands for zero."""
    x, output = node.input(0), node.output
    node.require_int8(x, output)
    pairs = [(int(a), int(b)) for a, b in node.constant(1).reshape(-1, 2)]
    padded = tuple(a + n + b for (a, b), n in zip(pairs, x.shape, strict=False))
    if padded != output.shape or min(map(min, pairs)) < 0 or any(pairs[0]):
        raise node.unsupported(f"paddings {pairs}")
    start = sum(a * step for (a, _), step in zip(pairs, strides(output.shape), strict=True))
    loops = axes(x.shape)
    target = flat_index([name for name, _ in loops], output.shape, start)
    fill = nest([("i", output.elements)], [f"{node.array(output)}[i] = {output.zero_point};"])
    move = f"{node.array(output)}[{target}] = {node.array(x)}[{index(x.shape)}];"
    return Piece(constants=(), body=(*fill, *nest(loops, [move])))


def strided_slice(node: Node) -> Piece:
    """STRIDED_SLICE of activations with begin, end and shrink masks."""
    x, output = node.input(0), node.output
    node.require_int8(x, output)
    taken = _spans(node)
    steps = strides(x.shape)
    start = sum(span.start * step for span, step in zip(taken, steps, strict=True))
    loops = axes([len(span) for span in taken])
    source = linear(
        [
            (name, span.step * step)
            for (name, _), span, step in zip(loops, taken, steps, strict=True)
        ],
        start,
    )
    target = index([len(span) for span in taken])
    move = f"{node.array(output)}[{target}] = {node.array(x)}[{source}];"
    return Piece(constants=(), body=tuple(nest(loops, [move])))


def _spans(node: Node) -> list[range]:
    """The positions that are taken along each axis; all samples."""
    view = Preparation(model=node.model, operator=node.operator, profile=node.profile, known={})
    slices = axis_slices(view)
    if slices[0].shrunk or slices[0].positions != range(node.input(0).shape[0]):
        raise node.unsupported("slicing of the samples")
    return [span.positions for span in slices]
