"""Shapes of the operators that copy values to other places."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TypeVar

from mendlite.checker.copies import pairs_of, sizes_of
from mendlite.checker.site import STORED, Found, Site, named
from mendlite.checker.tensor import TensorView

Shapes = TypeVar("Shapes", Found, list[Found])

INDEX = ("int32", "int64")
REFLECT, SYMMETRIC = 0, 1
"""Modes of MIRROR_PAD: without the edge, and with it."""


def split(site: Site) -> list[Found]:
    """Equal parts."""
    site.require_inputs(2)
    shape, count = site.tensor(1).shape, int(site.op.option(0, "i"))
    axis = site.one_axis(0, len(shape))
    if count < 1 or count != len(site.op.outputs) or shape[axis] % count:
        raise site.wrong(f"{count} parts of axis {axis} of {list(shape)}")
    return _parts(site, 1, axis, [shape[axis] // count] * count)


def split_v(site: Site) -> list[Found]:
    """Parts of given sizes."""
    site.require_inputs(3)
    shape = site.tensor(0).shape
    axis = site.one_axis(2, len(shape))
    if site.constants(1, *INDEX).count(-1) > 1:
        raise site.wrong("more than one part is the rest")
    return _parts(site, 0, axis, sizes_of(site, shape[axis]))


def _parts(site: Site, slot: int, axis: int, sizes: list[int]) -> list[Found]:
    shape = site.tensor(slot).shape
    if len(sizes) != len(site.op.outputs) or sum(sizes) != shape[axis] or min(sizes) < 1:
        raise site.wrong(f"parts of {sizes} of axis {axis} of {list(shape)}")
    return [((*shape[:axis], n, *shape[axis + 1 :]), site.kind(slot)) for n in sizes]


def unpack(site: Site) -> list[Found]:
    """A part for each position of an axis, which goes."""
    site.require_inputs(1)
    shape, count = site.tensor(0).shape, int(site.op.option(0, "i"))
    axis = site.one_of(int(site.op.option(1, "i")), len(shape))
    if count != shape[axis] or count != len(site.op.outputs):
        raise site.wrong(f"{count} parts of axis {axis} of {list(shape)}")
    return [((*shape[:axis], *shape[axis + 1 :]), site.kind(0))] * count


def alike(rule: Callable[[Site], Shapes], *, symmetric: bool = True) -> Callable[[Site], Shapes]:
    """The rule of a copy whose parameters LiteRT compares; ``symmetric``: int16 has no zero-point.

    TFLite Micro compares none.
    """

    def checked(site: Site) -> Shapes:
        found = rule(site)
        given = _parameters(site.tensor(0))
        for output in (site.graph.tensors[index] for index in site.op.outputs):
            if site.profile == "tflite_ref" and _parameters(output) != given:
                raise site.wrong(f"{named(output)} has other parameters than the input")
        if symmetric and site.profile == "tflite_ref" and site.kind(0) == "int16" and given[1]:
            raise site.wrong(f"an int16 input with zero-point {given[1]}")
        return found

    return checked


def _parameters(tensor: TensorView) -> tuple[float, int]:
    return (0.0, 0) if tensor.quant is None else (tensor.scale, tensor.zero)


def slice_(site: Site) -> Found:
    """From a position on, a size of -1 to the end."""
    site.require_inputs(3)
    shape = site.tensor(0).shape
    begin, size = (site.constants(slot, *INDEX) for slot in (1, 2))
    if not len(begin) == len(size) == len(shape):
        raise site.wrong(f"begin {begin} and size {size} of {list(shape)}")
    cut = [n - b if s == -1 else s for n, b, s in zip(shape, begin, size, strict=True)]
    if any(b < 0 or s < 1 or b + s > n for n, b, s in zip(shape, begin, cut, strict=True)):
        raise site.wrong(f"from {begin} on {cut} values of {list(shape)}")
    return tuple(cut), site.kind(0)


def reverse(site: Site) -> Found:
    """The input's shape."""
    site.require_inputs(2)
    for axis in site.constants(1):
        site.one_of(axis, len(site.tensor(0).shape))
    return site.tensor(0).shape, site.kind(0)


def tile(site: Site) -> Found:
    """So many copies along each axis."""
    site.require_inputs(2)
    shape, times = site.tensor(0).shape, site.constants(1, *INDEX)
    if len(times) != len(shape) or min(times, default=1) < 1:
        raise site.wrong(f"{times} copies of {list(shape)}")
    return tuple(n * t for n, t in zip(shape, times, strict=True)), site.kind(0)


def broadcast_to(site: Site) -> Found:
    """The shape that input 1 states."""
    site.require_inputs(2)
    shape, wanted = site.tensor(0).shape, tuple(site.constants(1, *INDEX))
    long = (*[1] * (len(wanted) - len(shape)), *shape)
    if len(long) != len(wanted) or any(
        n not in {1, w} or w < 1 for n, w in zip(long, wanted, strict=True)
    ):
        raise site.wrong(f"{list(shape)} to {list(wanted)}")
    return wanted, site.kind(0)


def transpose(site: Site) -> Found:
    """Axes in another order."""
    site.require_inputs(2)
    shape, order = site.tensor(0).shape, site.constants(1)
    if sorted(order) != list(range(len(shape))):
        raise site.wrong(f"{order} of {list(shape)}")
    return tuple(shape[axis] for axis in order), site.kind(0)


def _paddings(site: Site) -> list[tuple[int, int]]:
    shape = site.tensor(0).shape
    if site.tensor(1).shape != (len(shape), 2) or min(site.constants(1), default=0) < 0:
        raise site.wrong(f"paddings {site.constants(1)} of {list(shape)}")
    return pairs_of(site, 1)


def _widened(site: Site, pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(n + a + b for n, (a, b) in zip(site.tensor(0).shape, pairs, strict=True))


def pad(site: Site) -> Found:
    """PAD, and PADV2 with a value of its own."""
    valued = site.op.name == "PADV2"
    site.require_inputs(3 if valued else 2)
    kind = site.kind(0)
    if kind not in {"float32", *STORED}:
        raise site.unsupported(f"type {kind}")
    shape = _widened(site, _paddings(site))
    stored = kind in STORED and str(site.output.dtype) == kind
    if stored:
        site.parameters(site.output)
    if valued:
        value = site.tensor(2)
        if site.kind(2) != kind or prod(value.shape) != 1:
            raise site.wrong(f"a value of type {site.kind(2)} and shape {list(value.shape)}")
        if value.data is None:
            raise site.unsupported("a computed value")
        if stored and site.parameters(value) != site.parameters(site.output):
            raise site.wrong("a value that is quantized otherwise than the output")
    return shape, kind


def mirror(site: Site) -> Found:
    """No more than there is to mirror."""
    site.require_inputs(2)
    mode = int(site.op.option(0, "b", -1 if site.op.options is None else 0))
    if mode not in (REFLECT, SYMMETRIC):
        raise site.unsupported("its options lack a mode that the schema names")
    shape, pairs = site.tensor(0).shape, _paddings(site)
    edge = 0 if mode == SYMMETRIC else 1
    if any(max(ends) > n - edge for n, ends in zip(shape, pairs, strict=True)):
        raise site.wrong(f"paddings {pairs} of {list(shape)}")
    return _widened(site, pairs), site.kind(0)


def _images(site: Site) -> tuple[int, tuple[int, ...]]:
    site.require_inputs(1)
    size, shape = int(site.op.option(0, "i")), site.tensor(0).shape
    if size < 1 or len(shape) != 4:
        raise site.wrong(f"blocks of {size} of {list(shape)}")
    return size, shape


def space_to_depth(site: Site) -> Found:
    """Blocks become channels."""
    size, (batch, height, width, channels) = _images(site)
    if height % size or width % size:
        raise site.wrong(f"blocks of {size} of {height} times {width}")
    return (batch, height // size, width // size, channels * size**2), site.kind(0)


def depth_to_space(site: Site) -> Found:
    """Channels become blocks."""
    size, (batch, height, width, depth) = _images(site)
    if depth % size**2:
        raise site.wrong(f"blocks of {size} of {depth} channels")
    return (batch, height * size, width * size, depth // size**2), site.kind(0)


def _blocks(site: Site) -> tuple[tuple[int, ...], list[int], list[tuple[int, int]]]:
    site.require_inputs(3)
    shape, sizes, ends = site.tensor(0).shape, site.constants(1), site.constants(2)
    fits = len(shape) in {3, 4} and len(sizes) == len(shape) - 2
    if not fits or min(sizes) < 1 or min(ends) < 0 or site.tensor(2).shape != (len(sizes), 2):
        raise site.wrong(f"blocks {sizes}, paddings or crops {ends} of {list(shape)}")
    return shape, sizes, pairs_of(site, 2)


def space_to_batch(site: Site) -> Found:
    """TFLite Micro pads integers with what its memory happens to hold."""
    shape, sizes, pairs = _blocks(site)
    padded = [n + a + b for n, (a, b) in zip(shape[1:-1], pairs, strict=True)]
    if any(n % size for n, size in zip(padded, sizes, strict=True)):
        raise site.wrong(f"blocks {sizes} of the padded {padded}")
    kind = site.kind(0)
    if kind != "float32" and site.profile != "tflite_ref" and any(map(any, pairs)):
        raise site.unsupported("padded integers: TFLite Micro does not define them")
    if kind in STORED and str(site.output.dtype) == kind:
        site.parameters(site.output)
    left = [n // size for n, size in zip(padded, sizes, strict=True)]
    return (shape[0] * prod(sizes), *left, shape[-1]), kind


def batch_to_space(site: Site) -> Found:
    """The inverse, cropped."""
    shape, sizes, pairs = _blocks(site)
    spread = [n * size for n, size in zip(shape[1:-1], sizes, strict=True)]
    left = [n - a - b for n, (a, b) in zip(spread, pairs, strict=True)]
    if shape[0] % prod(sizes) or min(left) < 1:
        raise site.wrong(f"blocks {sizes} and crops {pairs} of {list(shape)}")
    return (shape[0] // prod(sizes), *left, shape[-1]), site.kind(0)


def resized(site: Site, aligned: int) -> Found:
    """Height and width as input 1 has them; option ``aligned`` and the next exclude each other."""
    site.require_inputs(2)
    shape, size = site.tensor(0).shape, site.constants(1)
    if len(shape) != 4 or len(size) != 2 or min(size) < 1:
        raise site.wrong(f"{list(shape)} to {size}")
    if all(site.op.option(field, "?") for field in (aligned, aligned + 1)):
        raise site.wrong("corners are aligned and pixels centred")
    return (shape[0], *size, shape[3]), site.kind(0)


def nearest(site: Site) -> Found:
    """RESIZE_NEAREST_NEIGHBOR."""
    return resized(site, 0)
