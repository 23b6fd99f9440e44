"""Operators that move values without computing with them.

The file's shapes hold one sample; at run time the first axis of a batched tensor holds many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import joined_table
from mendlite.model.tensor import DType
from mendlite.prepare.moves import paddings
from mendlite.prepare.slicing import axis_slices
from mendlite.replay.reference.context import Arrays, Context, Kernel


def prepare_reshape(context: Context) -> Kernel:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the file's own output shape for every sample."""
    shape = context.output.shape
    if not context.in_batch:
        return lambda x: x[0].reshape(shape)
    return lambda x: x[0].reshape(-1, *shape[1:])


def prepare_densify(context: Context) -> Kernel:
    """DENSIFY: the values of the sparse constant, which the reader expanded."""
    values = context.input(0).constant()
    return lambda _: values


def prepare_shape(context: Context) -> Kernel:
    """SHAPE: the file's own shape, of one sample, as on a device."""
    shape = np.array(context.input(0).shape, context.output.dtype.numpy)
    return lambda _: shape.copy()


def prepare_pack(context: Context) -> Kernel:
    """PACK along a new axis."""
    axis = context.option("axis")
    return lambda x: np.stack(list(x), axis=axis)


def prepare_strided_slice(context: Context) -> Kernel:
    """STRIDED_SLICE with begin, end and shrink masks; all samples are kept."""
    index: list[slice | int] = []
    for axis, span in enumerate(axis_slices(context.preparation)):
        at = span.positions
        if axis == 0 and context.in_batch:
            index.append(slice(None))
        elif span.shrunk:
            index.append(at.start)
        else:
            index.append(slice(at.start, at.stop if at.stop >= 0 else None, at.step))
    chosen = tuple(index)
    # ascontiguousarray would make a scalar a vector.
    return lambda x: np.array(x[0][chosen], order="C")


def prepare_pad(context: Context) -> Kernel:
    """PAD with the output's value for zero, PADV2 with its own."""
    pairs = paddings(context.preparation)
    if context.operator.op == "PADV2":
        value = context.constant(2).reshape(-1)[0].item()
    else:
        value = 0.0 if context.output.dtype is DType.FLOAT32 else context.output.zero_point
    return lambda x: _padded(x[0], pairs, value)


def _padded(x: NDArray[Any], pairs: Sequence[tuple[int, int]], value: float) -> NDArray[Any]:
    """As ``np.pad`` with a constant, which takes longer over a small array."""
    out = np.empty([n + a + b for n, (a, b) in zip(x.shape, pairs, strict=True)], x.dtype)
    inner = tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, pairs, strict=True))
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            # Along the axes before this one the edges are written already.
            lines = out[inner[:axis]].swapaxes(0, axis)
            lines[:before] = value
            lines[len(lines) - after :] = value
    out[inner] = x
    return out


def prepare_transpose(context: Context) -> Kernel:
    """TRANSPOSE."""
    order = tuple(context.preparation.numbers(1, "permutation"))
    return lambda x: np.array(x[0].transpose(order), order="C")


def prepare_concatenation(context: Context) -> Kernel:
    """CONCATENATION: inputs share the output's quantization, or are uint8 and are rescaled."""
    axis = context.option("axis") % len(context.output.shape)
    tables = [_joined(context, slot) for slot in range(len(context.operator.inputs))]
    if all(table is None for table in tables):
        return lambda x: np.concatenate(list(x), axis=axis)

    def run(x: Arrays) -> NDArray[Any]:
        parts = [v if t is None else t[v] for v, t in zip(x, tables, strict=True)]
        return np.concatenate(parts, axis=axis)

    return run


def _joined(context: Context, slot: int) -> NDArray[np.uint8] | None:
    """How a uint8 input's values become the output's; None where they stay as they are."""
    source, output = context.input(slot), context.output
    if source.dtype is not DType.UINT8:
        return None
    steps = (source.scale, source.zero_point, output.scale, output.zero_point)
    return None if steps[:2] == steps[2:] else joined_table(*steps)
