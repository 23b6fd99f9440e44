"""Scales of int4 weights by block: a float16 constant that the weights' quantization names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mendlite.checker.flatbuffer import FlatbufferTable
from mendlite.checker.tensor import BLOCKWISE, BlockView, TensorView, details_of
from mendlite.errors import MalformedModelError, UnsupportedModelError


def with_blocks(
    tables: Sequence[FlatbufferTable], tensors: Sequence[TensorView]
) -> tuple[TensorView, ...]:
    """The tensors, those that are quantized by block with their scales.

    Raises MalformedModelError and UnsupportedModelError, naming the tensor's table.
    """
    return tuple(
        replace(view, blocks=_blocks(table, tensors, view))
        if details_of(table) == BLOCKWISE
        else view
        for table, view in zip(tables, tensors, strict=True)
    )


def _blocks(table: FlatbufferTable, tensors: Sequence[TensorView], view: TensorView) -> BlockView:
    if not view.packed or view.data is None or len(view.shape) != 2:
        raise UnsupportedModelError(f"{table.place}: blocks of what is no constant int4 matrix")
    quant = table.child(4, "quantization")
    details = None if quant is None else quant.child(5, "details")
    if details is None:
        raise MalformedModelError(f"{table.place}: no table of its blocks")
    index, size = int(details.scalar(0, "i")), int(details.scalar(2, "i"))
    if size <= 0 or view.shape[1] % size:
        raise MalformedModelError(f"{table.place}: blocks of {size} in {list(view.shape)}")
    zero = int(details.scalar(1, "i")) if details.where(1) else -1
    if zero >= 0:
        points = tensors[zero].data if zero < len(tensors) else None
        if points is None or points.any():
            raise UnsupportedModelError(f"{table.place}: blocks with zero-points")
    scales = tensors[index].data if 0 <= index < len(tensors) else None
    if scales is None or scales.shape != (view.shape[0], view.shape[1] // size):
        raise MalformedModelError(f"{table.place}: no scales of its blocks")
    if str(scales.dtype) != "float16":
        raise UnsupportedModelError(f"{table.place}: {scales.dtype} scales of blocks")
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        raise MalformedModelError(f"{table.place}: a scale of a block is not positive")
    return BlockView(size=size, scale=scales.astype(np.float32))
