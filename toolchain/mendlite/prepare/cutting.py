"""SPLIT, SPLIT_V, UNPACK, SLICE, REVERSE_V2, TILE and BROADCAST_TO."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mendlite.prepare.copying import INDEX, Copying, one
from mendlite.prepare.view import Preparation, described


def _parts(view: Preparation, slot: int, axis: int, sizes: Sequence[int]) -> Copying:
    """The input of ``slot`` cut along ``axis`` into parts of these sizes, one an output."""
    shape = view.input(slot).shape
    if len(view.operator.outputs) != len(sizes):
        raise view.wrong(f"it makes {len(sizes)} parts for {len(view.operator.outputs)} outputs")
    if sum(sizes) != shape[axis] or min(sizes, default=1) < 1:
        raise view.wrong(
            f"its parts of sizes {list(sizes)} do not make the {shape[axis]} of axis {axis} of "
            f"{described(view.input(slot))}"
        )
    shapes = tuple((*shape[:axis], size, *shape[axis + 1 :]) for size in sizes)
    ends = np.cumsum(sizes)[:-1]
    return Copying(slots=(slot,), shapes=shapes, move=lambda x: np.split(x[0], ends, axis=axis + 1))


def split(view: Preparation) -> Copying:
    """SPLIT (``split.cc``): equal parts; the axis is input 0."""
    view.require_count(2)
    axis, count = view.one_axis(0, len(view.input(1).shape)), view.option("num_splits")
    extent = view.input(1).shape[axis]
    if count < 1 or count != len(view.operator.outputs):
        raise view.wrong(f"it makes {count} parts for {len(view.operator.outputs)} outputs")
    if extent % count:
        raise view.wrong(f"axis {axis} of extent {extent} is not cut into {count} equal parts")
    return _parts(view, 1, axis, [extent // count] * count)


def split_v(view: Preparation) -> Copying:
    """SPLIT_V (``split_v.cc``): parts of given sizes, -1 for the rest."""
    view.require_count(3)
    shape, sizes = view.input(0).shape, view.numbers(1, "sizes", *INDEX)
    axis = view.one_axis(2, len(shape))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = shape[axis] - sum(size for size in sizes if size != -1)
    return _parts(view, 0, axis, sizes)


def unpack(view: Preparation) -> Copying:
    """UNPACK (``unpack.cc``): a part for each position of an axis, without that axis."""
    view.require_count(1)
    shape = view.input(0).shape
    axis = view.axis(view.option("axis"), len(shape), "axis")
    count = view.option("num")
    if count != shape[axis] or count != len(view.operator.outputs):
        raise view.wrong(
            f"it makes {count} parts of axis {axis}, of extent {shape[axis]}, for "
            f"{len(view.operator.outputs)} outputs"
        )
    left = (*shape[:axis], *shape[axis + 1 :])
    return Copying(
        slots=(0,),
        shapes=(left,) * count,
        move=lambda x: [np.take(x[0], i, axis=axis + 1) for i in range(count)],
    )


def tile(view: Preparation) -> Copying:
    """TILE (``tile.cc``): so many copies along each axis."""
    view.require_count(2)
    shape, times = view.input(0).shape, view.numbers(1, "multiples", *INDEX)
    if len(times) != len(shape) or min(times, default=1) < 1:
        raise view.wrong(f"its multiples {times} do not fit shape {list(shape)}")
    tiled = tuple(n * t for n, t in zip(shape, times, strict=True))
    return one(0, tiled, lambda x: np.tile(x, (1, *times)))


def broadcast_to(view: Preparation) -> Copying:
    """BROADCAST_TO (``broadcast_to.cc``), aligned at the last axis."""
    view.require_count(2)
    source, wanted = view.input(0).shape, tuple(view.numbers(1, "shape", *INDEX))
    lined = (1,) * (len(wanted) - len(source)) + source
    if len(source) > len(wanted) or any(
        n not in (1, w) or w < 1 for n, w in zip(lined, wanted, strict=True)
    ):
        raise view.wrong(f"shape {list(source)} does not broadcast to {list(wanted)}")
    return one(
        0,
        wanted,
        lambda x: np.broadcast_to(x.reshape(len(x), *lined), (len(x), *wanted)).copy(),
    )


def slice_(view: Preparation) -> Copying:
    """SLICE (``slice.cc``): from ``begin`` on, a size of -1 to the end."""
    view.require_count(3)
    shape = view.input(0).shape
    begin, size = (view.numbers(slot, name, *INDEX) for slot, name in ((1, "begin"), (2, "size")))
    if not len(begin) == len(size) == len(shape):
        raise view.wrong(
            f"begin and size have {len(begin)} and {len(size)} values for an input of shape "
            f"{list(shape)}"
        )
    taken = [n - b if s == -1 else s for n, b, s in zip(shape, begin, size, strict=True)]
    if any(b < 0 or s < 1 or b + s > n for n, b, s in zip(shape, begin, taken, strict=True)):
        raise view.wrong(f"from {begin} on, {taken} values lie outside shape {list(shape)}")
    cut = tuple(slice(b, b + s) for b, s in zip(begin, taken, strict=True))
    return one(0, tuple(taken), lambda x: x[(slice(None), *cut)])


def reverse(view: Preparation) -> Copying:
    """REVERSE_V2 (``reverse.cc``)."""
    view.require_count(2)
    shape = view.input(0).shape
    axes = {view.axis(a, len(shape), "axis") for a in view.numbers(1, "axes")}
    turned = tuple(sorted(a + 1 for a in axes))
    return one(0, shape, lambda x: np.flip(x, turned))
