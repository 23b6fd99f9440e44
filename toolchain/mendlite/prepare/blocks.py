"""Operators that move whole blocks of positions, mirror them, or take the nearest."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.copying import Copying, one
from mendlite.prepare.moves import paddings
from mendlite.prepare.view import EIGHT_BITS, Preparation, Shape, described
from mendlite.prepare.windows import require_rank

REFLECT, SYMMETRIC = 0, 1
"""Modes of MIRROR_PAD: without the edge, and with it."""


def _block(view: Preparation) -> tuple[int, Shape]:
    """Block size and the input's shape (batch, height, width, channels)."""
    view.require_count(1)
    size, shape = view.option("block_size"), view.input(0).shape
    require_rank(view, shape, 4, "input")
    if size < 1:
        raise view.wrong(f"its block size is {size}")
    return size, shape


def space_to_depth(view: Preparation) -> Copying:
    """SPACE_TO_DEPTH (``space_to_depth.cc``): each block of positions becomes channels."""
    size, shape = _block(view)
    batch, height, width, channels = shape
    if height % size or width % size:
        raise view.wrong(f"blocks of {size} do not fit shape {list(shape)}")
    rows, columns = height // size, width // size

    def move(x: NDArray[Any]) -> NDArray[Any]:
        blocks = x.reshape(len(x), batch, rows, size, columns, size, channels)
        return blocks.transpose(0, 1, 2, 4, 3, 5, 6).reshape(len(x), *output)

    output = (batch, rows, columns, size * size * channels)
    return one(0, output, move)


def depth_to_space(view: Preparation) -> Copying:
    """DEPTH_TO_SPACE (``depth_to_space.cc``): the inverse."""
    size, shape = _block(view)
    batch, rows, columns, depth = shape
    if depth % (size * size):
        raise view.wrong(f"{depth} channels do not make blocks of {size} times {size}")
    channels = depth // (size * size)

    def move(x: NDArray[Any]) -> NDArray[Any]:
        blocks = x.reshape(len(x), batch, rows, columns, size, size, channels)
        return blocks.transpose(0, 1, 2, 4, 3, 5, 6).reshape(len(x), *output)

    output = (batch, rows * size, columns * size, channels)
    return one(0, output, move)


def _blocks(view: Preparation) -> tuple[list[int], list[tuple[int, int]], Shape]:
    """Block sizes and (before, after) of the axes behind the first, and the input's shape."""
    view.require_count(3)
    shape, sizes = view.input(0).shape, view.numbers(1, "block shape")
    ends = view.numbers(2, "paddings or crops")
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    fits = len(shape) in (3, 4) and len(sizes) == len(shape) - 2 and len(ends) == 2 * len(sizes)
    if not fits or min(sizes) < 1 or min(ends) < 0 or view.input(2).shape != (len(sizes), 2):
        raise view.wrong(
            f"block shape {sizes} and paddings or crops {ends} do not fit shape {list(shape)}"
        )
    return sizes, pairs, shape


def space_to_batch(view: Preparation) -> Copying:
    """SPACE_TO_BATCH_ND (``space_to_batch_nd.cc``): padded, each position of a block a batch."""
    sizes, pairs, shape = _blocks(view)
    padded = [n + a + b for n, (a, b) in zip(shape[1:-1], pairs, strict=True)]
    if any(n % s for n, s in zip(padded, sizes, strict=True)):
        raise view.wrong(f"blocks {sizes} do not fit the padded extents {padded}")
    apart = [n // s for n, s in zip(padded, sizes, strict=True)]
    output = (shape[0] * int(np.prod(sizes)), *apart, shape[-1])
    value = _filling(view, pairs)

    def move(x: NDArray[Any]) -> NDArray[Any]:
        held = np.pad(x, [(0, 0), (0, 0), *pairs, (0, 0)], constant_values=value)
        split = [n for pair in zip(apart, sizes, strict=True) for n in pair]
        blocks = held.reshape(len(x), shape[0], *split, shape[-1])
        inside = [3 + 2 * i for i in range(len(sizes))]
        order = (0, *inside, 1, *(axis - 1 for axis in inside), 2 + 2 * len(sizes))
        return blocks.transpose(order).reshape(len(x), *output)

    return one(0, output, move)


def _filling(view: Preparation, pairs: list[tuple[int, int]]) -> int:
    """What SPACE_TO_BATCH_ND pads with: real 0."""
    source = view.input(0)
    if source.dtype is not DType.FLOAT32 and view.profile is not Profile.TFLITE_REF:
        if any(map(any, pairs)):
            raise view.undefined("TFLite Micro pads integers with what its memory happens to hold")
        return 0
    return view.quantized(view.output)[1] if source.dtype in EIGHT_BITS else 0


def batch_to_space(view: Preparation) -> Copying:
    """BATCH_TO_SPACE_ND (``batch_to_space_nd.cc``): the inverse, cropped."""
    sizes, pairs, shape = _blocks(view)
    many, spread = int(np.prod(sizes)), [n * s for n, s in zip(shape[1:-1], sizes, strict=True)]
    left = [n - a - b for n, (a, b) in zip(spread, pairs, strict=True)]
    if shape[0] % many or min(left) < 1:
        raise view.wrong(f"blocks {sizes} and crops {pairs} do not fit shape {list(shape)}")
    batch, count = shape[0] // many, len(sizes)
    cut = tuple(slice(a, a + n) for n, (a, _) in zip(left, pairs, strict=True))

    def move(x: NDArray[Any]) -> NDArray[Any]:
        blocks = x.reshape(len(x), *sizes, batch, *shape[1:])
        pairs_of_axes = [n for i in range(count) for n in (2 + count + i, 1 + i)]
        order = (0, 1 + count, *pairs_of_axes, 2 + 2 * count)
        whole = blocks.transpose(order).reshape(len(x), batch, *spread, shape[-1])
        return whole[(slice(None), slice(None), *cut)]

    return one(0, (batch, *left, shape[-1]), move)


def mirror_pad(view: Preparation) -> Copying:
    """MIRROR_PAD (``mirror_pad.cc``): without the edge (REFLECT) or with it (SYMMETRIC)."""
    view.require_count(2)
    shape, pairs = view.input(0).shape, paddings(view)
    if view.option("mode") not in (REFLECT, SYMMETRIC):
        raise view.unsupported(f"its mode {view.option('mode')} is none of the schema's")
    symmetric = view.option("mode") == SYMMETRIC
    for extent, ends in zip(shape, pairs, strict=True):
        if max(ends) > extent - (0 if symmetric else 1):
            raise view.wrong(f"paddings {pairs} are more than shape {list(shape)} has to mirror")
    padded = tuple(n + a + b for n, (a, b) in zip(shape, pairs, strict=True))
    mode = "symmetric" if symmetric else "reflect"
    return one(0, padded, lambda x: np.pad(x, [(0, 0), *pairs], mode=mode))  # type: ignore[call-overload]


def resized(view: Preparation) -> tuple[int, int]:
    """(height, width) that a resizing makes; raises where they do not fit."""
    view.require_count(2)
    require_rank(view, view.input(0).shape, 4, "input")
    size = view.numbers(1, "size")
    if len(size) != 2 or min(size) < 1:
        raise view.wrong(f"its size, {described(view.input(1))}, is {size}")
    if all(alignment(view)):
        raise view.wrong("it aligns corners and centres pixels: only one of both can be")
    return size[0], size[1]


def alignment(view: Preparation) -> tuple[bool, bool]:
    """Whether a resizing aligns corners, and whether it centres pixels."""
    options = view.operator.options
    return bool(options.get("align_corners", 0)), bool(options.get("half_pixel_centers", 0))


def resize_nearest(view: Preparation) -> Copying:
    """RESIZE_NEAREST_NEIGHBOR (``resize_nearest_neighbor.cc``)."""
    height, width = resized(view)
    batch, rows, columns, channels = view.input(0).shape
    aligned, centred = alignment(view)

    @cache
    def places() -> NDArray[np.int64]:
        # Only when it runs, where memory is bounded: a file may state any size.
        down, across = (
            _nearest(n, m, aligned=aligned, centred=centred)
            for n, m in ((rows, height), (columns, width))
        )
        return (down[:, None] * columns + across).reshape(-1)

    def move(x: NDArray[Any]) -> NDArray[Any]:
        samples = len(x)
        pixels = x.reshape(samples * batch, rows * columns, channels).take(places(), axis=1)
        return pixels.reshape(samples, batch, height, width, channels)

    return one(0, (batch, height, width, channels), move)


def _nearest(extent: int, wanted: int, *, aligned: bool, centred: bool) -> NDArray[np.int64]:
    """The position that each new one takes, in float32 (``GetNearestNeighbor``)."""
    inner = aligned and wanted > 1
    scale = np.float32(extent - 1 if inner else extent) / np.float32(
        wanted - 1 if inner else wanted
    )
    steps = (np.arange(wanted, dtype=np.float32) + np.float32(0.5 if centred else 0)) * scale
    # TfLiteRound of a value that is not negative.
    places = np.floor(steps + np.float32(0.5)) if aligned else np.floor(steps)
    chosen: NDArray[np.int64] = np.clip(places.astype(np.int64), 0, extent - 1)
    return chosen
