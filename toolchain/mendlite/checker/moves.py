"""Operators that move values: RESHAPE, SHAPE, PACK, STRIDED_SLICE, PAD."""

from __future__ import annotations

import numpy as np

from mendlite.checker.step import Array, RunningOperator


def run_reshape(step: RunningOperator) -> Array:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the shape in the file, which was compared before."""
    shape = step.output.shape
    return step.values[0].reshape((-1, *shape[1:]) if step.batched else shape)


def run_shape(step: RunningOperator) -> Array:
    """SHAPE: the file's own, of one sample."""
    return np.array(step.tensor(0).shape, str(step.output.dtype))


def run_pack(step: RunningOperator) -> Array:
    """PACK of values that do not depend on the samples."""
    if step.batched:
        raise step.unsupported("packing of activations")
    return np.stack(step.values, axis=int(step.op.option(1, "i")))


def run_slice(step: RunningOperator) -> Array:
    """STRIDED_SLICE with begin, end and shrink masks; all samples are kept."""
    begin_mask, end_mask, ellipsis, new_axis, shrink = (
        int(step.op.option(field, "i")) for field in range(5)
    )
    if ellipsis or new_axis:
        raise step.unsupported("an ellipsis or a new axis")
    index: list[slice | int] = []
    begins, ends, strides = (v.reshape(-1).tolist() for v in step.values[1:4])
    for axis, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        bit = 1 << axis
        if axis == 0 and step.batched:
            # Over an extent of 1 any stride takes the one position.
            if shrink & bit or (stride != 1 and step.tensor(0).shape[0] != 1):
                raise step.unsupported("slicing of the samples")
            index.append(slice(None))
        elif shrink & bit:
            index.append(0 if begin_mask & bit else begin)
        else:
            index.append(slice(None if begin_mask & bit else begin,
                               None if end_mask & bit else end, stride))  # fmt: skip
    return np.array(step.values[0][tuple(index)])


def run_pad(step: RunningOperator) -> Array:
    """PAD with what stands for zero."""
    pairs = [(int(a), int(b)) for a, b in step.values[1].reshape(-1, 2)]
    if step.batched and pairs[0] != (0, 0):
        raise step.unsupported("padding of the samples")
    value = 0 if step.kind(0) == "float32" else step.output.zero
    return np.pad(step.values[0], pairs, constant_values=value)
