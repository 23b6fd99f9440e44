"""Sparse constants written out: ``SparsityParameters`` and ``DimensionMetadata`` of schema.fbs.

SparsityParameters: traversal_order 0, block_map 1, dim_metadata 2. DimensionMetadata: format 0 (0
dense, 1 sparse), dense_size 1, array_segments_type 2, array_segments 3, array_indices_type 4,
array_indices 5; an array's table holds its integers in field 0.

A level of the file stands for an axis of the tensor, in blocks where it has some, or for the axis
inside the blocks. The stored values fill an array of all levels' axes in the file's order, whose
axes are then brought into the tensor's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.flatbuffer import FlatbufferTable, FlatbufferVector
from mendlite.errors import MalformedModelError

ARRAYS = {1: "<i4", 2: "<u2", 3: "u1"}
"""numpy's names of SparseIndexVector's types."""

MOST_LEVELS = 16

MOST_GROWTH = 2**8
"""Bytes of the written-out tensor for each byte of the file, at most."""

Places = NDArray[np.int64]


def written_out(
    table: FlatbufferTable, buffer: FlatbufferVector, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any] | None:
    """The values of a sparse tensor in its shape; None without sparsity and beyond MOST_GROWTH.

    Raises MalformedModelError where the levels contradict the shape, each other or the bytes.
    """
    sparsity = table.child(6, "sparsity")
    if sparsity is None or not 0 < prod(shape) * dtype.itemsize <= MOST_GROWTH * len(table.data):
        return None
    order = sparsity.numbers(0, "<i4", MOST_LEVELS, "traversal_order")
    blocked = sparsity.numbers(1, "<i4", MOST_LEVELS, "block_map")
    vector = sparsity.vector(2, 4, "dim_metadata")
    count = len(shape) + len(blocked)
    whole = sorted(order) == list(range(count)) and vector is not None and vector.count == count
    if vector is None or not whole or not set(blocked) <= set(range(len(shape))):
        raise _wrong(table, "other levels than axes")
    levels = [vector.table(number) for number in range(count)]
    extents = _extents(table, levels, order, blocked, shape)
    places = _places(levels, [extents[axis] for axis in order])
    if buffer.count != places.size * dtype.itemsize:
        raise _wrong(table, f"{buffer.count} bytes for {places.size} values")
    filled = np.zeros(prod(shape), dtype)
    filled[places] = np.frombuffer(buffer.data, dtype, places.size, buffer.at)
    values = filled.reshape([extents[axis] for axis in order]).transpose(np.argsort(order))
    rank = len(shape)
    inside = [[rank + n for n, a in enumerate(blocked) if a == axis] for axis in range(rank)]
    turned = [at for axis, inner in enumerate(inside) for at in (axis, *inner)]
    return np.ascontiguousarray(values.transpose(turned)).reshape(shape)


def _extents(
    table: FlatbufferTable,
    levels: Sequence[FlatbufferTable],
    order: Sequence[int],
    blocked: Sequence[int],
    shape: tuple[int, ...],
) -> list[int]:
    """Of each axis, and of each axis inside blocks, how many children a node of its level has."""
    extents = list(shape)
    for number, axis in enumerate(blocked):
        level = levels[order.index(len(shape) + number)]
        size = int(level.scalar(1, "i"))
        if _is_sparse(level) or size < 1 or extents[axis] % size:
            raise _wrong(table, f"blocks of {size} in {extents[axis]}")
        extents[axis] //= size
        extents.append(size)
    for axis, level in zip(order, levels, strict=True):
        if not _is_sparse(level) and int(level.scalar(1, "i")) != extents[axis]:
            raise _wrong(table, f"a level of {int(level.scalar(1, 'i'))} over {extents[axis]}")
    return extents


def _is_sparse(level: FlatbufferTable) -> bool:
    form = int(level.scalar(0, "b"))
    if form not in {0, 1}:
        raise _wrong(level, f"format {form}")
    return form == 1


def _places(levels: Sequence[FlatbufferTable], extents: Sequence[int]) -> Places:
    """Where each stored value lies in an array of these extents: rising or not, none twice."""
    places = np.zeros(1, np.int64)
    for level, extent in zip(levels, extents, strict=True):
        if _is_sparse(level):
            counts, children = _stored(level, places.size, extent)
            places = np.repeat(places, counts) * extent + children
        else:
            places = (places[:, None] * extent + np.arange(extent)).reshape(-1)
    return places


def _stored(level: FlatbufferTable, nodes: int, extent: int) -> tuple[Places, Places]:
    """The children of each of ``nodes``: their counts, and which they are."""
    ends, children = _array(level, 3, "array_segments"), _array(level, 5, "array_indices")
    if ends.size != nodes + 1 or ends[0] != 0 or ends[-1] != children.size:
        raise _wrong(level, f"{ends.size} segments of {children.size} children for {nodes} nodes")
    counts = np.diff(ends)
    inside = children.min(initial=0) >= 0 and children.max(initial=0) < extent
    if counts.min(initial=0) < 0 or not inside:
        raise _wrong(level, f"segments that fall, or a child outside {extent}")
    named = np.repeat(np.arange(nodes), counts) * extent + children
    if np.unique(named).size != named.size:
        raise _wrong(level, "a child twice")
    return counts, children


def _array(level: FlatbufferTable, field: int, name: str) -> Places:
    kind, holder = int(level.scalar(field - 1, "B")), level.child(field, name)
    vector = None
    if kind in ARRAYS and holder is not None:
        vector = holder.vector(0, np.dtype(ARRAYS[kind]).itemsize, "values")
    if vector is None:
        raise _wrong(level, f"no {name}")
    return np.asarray(vector.array(ARRAYS[kind]), np.int64)


def _wrong(table: FlatbufferTable, why: str) -> MalformedModelError:
    return MalformedModelError(f"{table.place}: its sparse values contradict themselves: {why}")
