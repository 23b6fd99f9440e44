"""Operators that copy values to other places.

Each states for every place of its outputs which value of its input stands there, -1 for a value
that fills: the operator itself, run on the numbers of the places. The samples stand in front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.slices import taken
from mendlite.checker.step import Array, RunningOperator

Places = NDArray[np.int64]
Copy = Callable[[RunningOperator, Places], Sequence[Places]]


def run_copy(step: RunningOperator) -> tuple[Array, ...]:
    """The outputs of any of them."""
    slot = SLOTS.get(step.op.name, 0)
    values = step.lifted(slot)
    shape = values.shape[1:]
    where = np.arange(prod(shape), dtype=np.int64).reshape(shape)
    flat = values.reshape(len(values), -1)
    return tuple(
        step.lowered(_chosen(step, flat, places)) for places in COPIES[step.op.name](step, where)
    )


def _chosen(step: RunningOperator, flat: Array, places: Places) -> Array:
    chosen = flat[:, places.reshape(-1)].reshape(len(flat), *places.shape)
    if step.op.name in FILLED:
        chosen = np.where(places < 0, filling(step), chosen).astype(flat.dtype)
    return chosen


def filling(step: RunningOperator) -> Any:
    """What stands for nothing: a value of PADV2's own, else real 0."""
    if step.op.name == "PADV2":
        return step.values[2].reshape(-1)[0]
    stored = step.kind(0) in {"int8", "uint8", "int16"}
    return step.output.zero if stored else 0


def pairs_of(step: RunningOperator, slot: int) -> list[tuple[int, int]]:
    """(before, after) of paddings or crops."""
    ends = step.numbers(slot)
    return list(zip(ends[::2], ends[1::2], strict=True))


def _axis(number: int, where: Places) -> int:
    return number % where.ndim


def _split(step: RunningOperator, where: Places) -> Sequence[Places]:
    return np.split(where, len(step.op.outputs), _axis(step.numbers(0)[0], where))


def sizes_of(step: RunningOperator, extent: int) -> list[int]:
    """SPLIT_V's sizes; one may be -1, for the rest."""
    sizes = step.numbers(1)
    rest = extent - sum(size for size in sizes if size != -1)
    return [rest if size == -1 else size for size in sizes]


def _split_v(step: RunningOperator, where: Places) -> Sequence[Places]:
    axis = _axis(step.numbers(2)[0], where)
    ends = np.cumsum(sizes_of(step, where.shape[axis]))[:-1]
    return np.split(where, ends, axis)


def _unpack(step: RunningOperator, where: Places) -> Sequence[Places]:
    return list(np.moveaxis(where, _axis(int(step.op.option(1, "i")), where), 0))


def _slice(step: RunningOperator, where: Places) -> Sequence[Places]:
    spans = zip(step.numbers(1), step.numbers(2), where.shape, strict=True)
    return [where[tuple(slice(b, n if size == -1 else b + size) for b, size, n in spans)]]


def _strided(step: RunningOperator, where: Places) -> Sequence[Places]:
    gone = []
    for axis, (positions, goes) in enumerate(taken(step)):
        where = where.take(list(positions), axis)
        gone += [axis] if goes else []
    return [where.squeeze(tuple(gone))]


def _reverse(step: RunningOperator, where: Places) -> Sequence[Places]:
    return [np.flip(where, tuple({_axis(a, where) for a in step.numbers(1)}))]


def _tile(step: RunningOperator, where: Places) -> Sequence[Places]:
    return [np.tile(where, step.numbers(1))]


def _broadcast(step: RunningOperator, where: Places) -> Sequence[Places]:
    return [np.broadcast_to(where, step.numbers(1))]


def _transpose(step: RunningOperator, where: Places) -> Sequence[Places]:
    return [where.transpose(step.numbers(1))]


def _pad(step: RunningOperator, where: Places) -> Sequence[Places]:
    return [np.pad(where, pairs_of(step, 1), constant_values=-1)]


def _mirror(step: RunningOperator, where: Places) -> Sequence[Places]:
    symmetric = int(step.op.option(0, "b")) == 1
    return [np.pad(where, pairs_of(step, 1), mode="symmetric" if symmetric else "reflect")]


def _space_to_depth(step: RunningOperator, where: Places) -> Sequence[Places]:
    size = int(step.op.option(0, "i"))
    parts = [where[:, i::size, j::size] for i in range(size) for j in range(size)]
    return [np.concatenate(parts, axis=3)]


def _depth_to_space(step: RunningOperator, where: Places) -> Sequence[Places]:
    size = int(step.op.option(0, "i"))
    batch, height, width, depth = where.shape
    channels = depth // size**2
    spread = np.empty((batch, height * size, width * size, channels), np.int64)
    for i in range(size):
        for j in range(size):
            begin = (i * size + j) * channels
            spread[:, i::size, j::size] = where[..., begin : begin + channels]
    return [spread]


def _corners(step: RunningOperator) -> list[tuple[slice, ...]]:
    """The positions of a block, the last axis fastest, as slices of the axes between."""
    sizes = step.numbers(1)
    return [
        (slice(None), *(slice(int(i), None, n) for i, n in zip(at, sizes, strict=True)))
        for at in np.ndindex(*sizes)
    ]


def _space_to_batch(step: RunningOperator, where: Places) -> Sequence[Places]:
    ends = [(0, 0), *pairs_of(step, 2), (0, 0)]
    padded = np.pad(where, ends, constant_values=-1)
    return [np.concatenate([padded[corner] for corner in _corners(step)])]


def _batch_to_space(step: RunningOperator, where: Places) -> Sequence[Places]:
    sizes, corners = step.numbers(1), _corners(step)
    batch = where.shape[0] // prod(sizes)
    spread = [n * size for n, size in zip(where.shape[1:-1], sizes, strict=True)]
    whole = np.empty((batch, *spread, where.shape[-1]), np.int64)
    for number, corner in enumerate(corners):
        whole[corner] = where[number * batch : (number + 1) * batch]
    kept = [slice(a, n - b) for n, (a, b) in zip(spread, pairs_of(step, 2), strict=True)]
    return [whole[(slice(None), *kept)]]


def _nearest(step: RunningOperator, where: Places) -> Sequence[Places]:
    aligned, centred = (bool(step.op.option(field, "?")) for field in (0, 1))
    for axis, wanted in zip((1, 2), step.numbers(1), strict=True):
        rows = _nearest_rows(where.shape[axis], wanted, aligned=aligned, centred=centred)
        where = where.take(rows, axis)
    return [where]


def _nearest_rows(extent: int, wanted: int, *, aligned: bool, centred: bool) -> Places:
    """``GetNearestNeighbor``, in float32."""
    less = 1 if aligned and wanted > 1 else 0
    scale = np.float32(extent - less) / np.float32(wanted - less)
    at = (np.arange(wanted, dtype=np.float32) + np.float32(0.5 if centred else 0)) * scale
    rows = np.floor(at + np.float32(0.5)) if aligned else np.floor(at)
    nearest: Places = np.clip(rows, 0, extent - 1).astype(np.int64)
    return nearest


COPIES: Mapping[str, Copy] = {
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "UNPACK": _unpack,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided,
    "REVERSE_V2": _reverse,
    "TILE": _tile,
    "BROADCAST_TO": _broadcast,
    "TRANSPOSE": _transpose,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _mirror,
    "SPACE_TO_DEPTH": _space_to_depth,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
}

SLOTS = {"SPLIT": 1}
"""Which input holds the values, where it is not the first."""

FILLED = frozenset({"PAD", "PADV2", "SPACE_TO_BATCH_ND"})
"""Those that put in values of their own."""
