"""Sparse constants: their values in the tensor's own shape.

``SparsityParameters`` of schema.fbs. The values are stored along the levels of a tree. Level i runs
over dimension ``traversal_order[i]``: one of the tensor's own (counted in blocks where one is
blocked), or one inside a block, numbered from the rank on, which ``block_map`` assigns to one of
the tensor's own. A dense level has ``dense_size`` children below each node; of a sparse one
``array_segments`` says where each node's children begin, and ``array_indices`` which they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Operator
from mendlite.model.operator_kinds import DENSIFY, WHOLE_CONSTANTS
from mendlite.model.tensor import BufferRef, DType
from mendlite.tflite.verified_table import VerifiedTable

INDEX_TYPES: Mapping[int, np.dtype[Any]] = {
    1: np.dtype("<i4"),
    2: np.dtype("<u2"),
    3: np.dtype("u1"),
}
"""The types of SparseIndexVector: Int32Vector, Uint16Vector, Uint8Vector."""

DENSE, CSR = 0, 1

MOST_FOLD = 256
"""A tensor of more bytes than so many times the file's is not expanded: a small file must not take
much memory. A constant of which one value in a hundred is stored takes less."""

Numbers = NDArray[np.int64]


def dense_values(
    raw: VerifiedTable, buffer: BufferRef, shape: tuple[int, ...], dtype: DType, place: str
) -> NDArray[np.generic] | None:
    """The values of a sparse ``Tensor`` in its ``shape``, 0 where none is stored; read-only.

    None for a type that numpy does not have, and beyond MOST_FOLD.

    Raises MalformedModelError where levels, blocks and stored values contradict each other or the
    shape.
    """
    sparsity, storage = raw.child("sparsity"), dtype.numpy
    if storage is None or sparsity is None:
        return None
    if prod(shape) * storage.itemsize > MOST_FOLD * len(raw.data):
        return None
    order, blocks = sparsity.integers("traversal_order"), sparsity.integers("block_map")
    levels = sparsity.children("dim_metadata")
    if sorted(order) != list(range(len(shape) + len(blocks))) or len(levels) != len(order):
        raise _wrong(place, f"{len(levels)} levels in the order {list(order[:9])}")
    if any(not 0 <= axis < len(shape) for axis in blocks):
        raise _wrong(place, f"blocks of the dimensions {list(blocks[:9])}")
    paths = _paths(levels, prod(shape), place)
    if buffer.size != paths.shape[1] * storage.itemsize:
        raise _wrong(place, f"{buffer.size} bytes for {paths.shape[1]} {dtype.value} values")
    places = _places(paths, order, blocks, levels, len(shape))
    if any(np.any(own >= extent) for own, extent in zip(places, shape, strict=True)):
        raise _wrong(place, f"a value outside the shape {list(shape)}")
    values = np.zeros(shape, storage)
    values[tuple(places)] = np.frombuffer(raw.data, storage, paths.shape[1], buffer.offset)
    values.setflags(write=False)
    return values


def sparse_notes(operators: Sequence[Operator]) -> tuple[str, ...]:
    """The report's note on a file that no engine on a board runs: it has sparse constants."""
    first = next((operator for operator in operators if operator.op == DENSIFY), None)
    if first is None:
        return ()
    note = (
        f"operator {first.index} {DENSIFY} reads a sparse constant, which neither TFLite Micro nor "
        f"mendlite's engine on boards does: {WHOLE_CONSTANTS}"
    )
    return (note,)


def _paths(levels: Sequence[VerifiedTable], most: int, place: str) -> Numbers:
    """Which child each stored value is at every level: i64[levels, values], of ``most`` at most."""
    paths = np.zeros((0, 1), np.int64)
    for number, level in enumerate(levels):
        parents = paths.shape[1]
        kind, size = int(level.scalar("format", "b")), int(level.scalar("dense_size", "i"))
        if kind == DENSE:
            if size < 0 or parents * size > most:
                raise _wrong(place, f"{parents} times {size} values at level {number}")
            counts = np.full(parents, size, np.int64)
            children = np.tile(np.arange(size, dtype=np.int64), parents)
        elif kind == CSR:
            counts, children = _compressed(level, parents, most, f"{place}, level {number}")
        else:
            raise _wrong(place, f"format {kind} at level {number}")
        paths = np.vstack([np.repeat(paths, counts, axis=1), children[np.newaxis]])
    return paths


def _compressed(
    level: VerifiedTable, parents: int, most: int, place: str
) -> tuple[Numbers, Numbers]:
    """How many children each node of a sparse level has, and which they are."""
    segments = _indices(level, "array_segments", place)
    children = _indices(level, "array_indices", place)
    counts = np.diff(segments)
    right = segments.size == parents + 1 and segments[0] == 0 and segments[-1] == children.size
    if not right or np.any(counts < 0) or np.any(children < 0) or children.size > most:
        raise _wrong(place, f"{segments.size} segments of {children.size} indices")
    return counts, children


def _indices(level: VerifiedTable, name: str, place: str) -> Numbers:
    kind, table = int(level.scalar(f"{name}_type", "B")), level.child(name)
    if kind not in INDEX_TYPES or table is None:
        raise _wrong(place, f"no {name}")
    begin, count = table.vector("values")
    storage = INDEX_TYPES[kind]
    if begin + count * storage.itemsize > len(level.data):
        raise _wrong(place, f"{count} {name} beyond the end of the file")
    found: Numbers = np.frombuffer(level.data, storage, count, begin).astype(np.int64)
    return found


def _places(
    paths: Numbers,
    order: Sequence[int],
    blocks: Sequence[int],
    levels: Sequence[VerifiedTable],
    rank: int,
) -> list[Numbers]:
    """Where each value belongs, an array for each dimension of the tensor."""
    at = {dimension: paths[level] for level, dimension in enumerate(order)}
    places = [at[dimension] for dimension in range(rank)]
    for number, axis in enumerate(blocks):
        inner = rank + number
        size = int(levels[order.index(inner)].scalar("dense_size", "i"))
        places[axis] = places[axis] * size + at[inner]
    return places


def _wrong(place: str, why: str) -> MalformedModelError:
    return MalformedModelError(f"{place}: its sparse values contradict themselves: {why}")
