"""Operators that move values without computing with them.

The file's shapes hold one sample; at run time the first axis of a batched tensor holds many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import DType
from mendlite.replay.reference.context import Arrays, Context, Kernel, zero_of


def prepare_reshape(context: Context) -> Kernel:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the file's own output shape for every sample."""
    shape = context.output.shape
    if not context.in_batch:
        return lambda x: x[0].reshape(shape)
    return lambda x: x[0].reshape(-1, *shape[1:])


def prepare_shape(context: Context) -> Kernel:
    """SHAPE: the true shape, samples included."""
    dtype = context.output.dtype.numpy
    if dtype is None:
        raise context.unsupported("its type")
    return lambda x: np.array(x[0].shape, dtype)


def prepare_pack(context: Context) -> Kernel:
    """PACK of values that do not depend on the samples' contents."""
    axis = context.option("axis")
    if any(t in context.batched for t in context.operator.inputs):
        raise context.unsupported("packing of activations")
    return lambda x: np.stack(list(x), axis=axis)


def prepare_strided_slice(context: Context) -> Kernel:
    """STRIDED_SLICE with begin, end and shrink masks; all samples are kept."""
    for name in ("ellipsis_mask", "new_axis_mask"):
        if context.operator.options.get(name, 0):
            raise context.unsupported(name)
    begin, end, step = (context.constant(i).reshape(-1).astype(int) for i in (1, 2, 3))
    masks = [context.option(f"{name}_mask") for name in ("begin", "end", "shrink_axis")]
    index: list[slice | int] = []
    for axis, (first, last, stride) in enumerate(zip(begin, end, step, strict=True)):
        bit = 1 << axis
        if axis == 0 and context.in_batch:
            if masks[2] & bit or stride != 1:
                raise context.unsupported("slicing of the samples")
            index.append(slice(None))
        elif masks[2] & bit:
            index.append(int(first))
        else:
            low = None if masks[0] & bit else int(first)
            high = None if masks[1] & bit else int(last)
            index.append(slice(low, high, int(stride)))
    chosen = tuple(index)
    # ascontiguousarray would make a scalar a vector.
    return lambda x: np.array(x[0][chosen], order="C")


def prepare_pad(context: Context) -> Kernel:
    """PAD with the value that stands for zero, PADV2 with its own."""
    pairs = [(int(a), int(b)) for a, b in context.constant(1).reshape(-1, 2)]
    if context.in_batch and pairs[0] != (0, 0):
        raise context.unsupported("padding of the samples")
    if context.operator.op == "PADV2":
        value = context.constant(2).reshape(-1)[0].item()
    else:
        value = 0.0 if context.input(0).dtype is DType.FLOAT32 else zero_of(context.input(0))
    return lambda x: np.pad(x[0], pairs, constant_values=value)


def prepare_transpose(context: Context) -> Kernel:
    """TRANSPOSE that keeps the samples first."""
    order = tuple(int(a) for a in context.constant(1).reshape(-1))
    if context.in_batch and order[0] != 0:
        raise context.unsupported("a transpose of the samples")
    return lambda x: np.ascontiguousarray(x[0].transpose(order))


def prepare_concatenation(context: Context) -> Kernel:
    """CONCATENATION of inputs that share the output's quantization."""
    axis = context.option("axis") % len(context.output.shape)
    if axis == 0 and context.in_batch:
        raise context.unsupported("a concatenation of the samples")
    if context.text_option("activation", "NONE") != "NONE":
        raise context.unsupported("a fused activation")
    if context.output.dtype is not DType.FLOAT32:
        wanted = context.output.quantization()
        for position in range(len(context.operator.inputs)):
            found = context.input(position).quantization()
            if found.scale[0] != wanted.scale[0] or found.zero_point[0] != wanted.zero_point[0]:
                raise context.unsupported("inputs with a quantization of their own")

    def run(x: Arrays) -> NDArray[Any]:
        return np.concatenate(list(x), axis=axis)

    return run
