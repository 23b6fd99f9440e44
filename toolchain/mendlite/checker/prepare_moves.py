"""Shapes of RESHAPE, SQUEEZE, EXPAND_DIMS, PACK and STRIDED_SLICE."""

from __future__ import annotations

from math import prod

from mendlite.checker.site import STORED, Found, Site, named
from mendlite.checker.slices import taken
from mendlite.checker.tensor import MOST_RANK


def _listed(site: Site) -> tuple[int, ...] | None:
    """The option 0 that is a vector of int32; None without options."""
    options = site.op.options
    return None if options is None else options.numbers(0, "<i4", MOST_RANK, "option")


def reshape(site: Site) -> Found:
    """The shape input where it is a vector, else the option."""
    site.require_inputs(1, 2)
    source, kind = site.tensor(0), site.kind(0)
    asked: list[int] | None
    if len(site.op.inputs) > 1 and site.op.inputs[1] >= 0 and len(site.tensor(1).shape) == 1:
        asked = site.integers(1)
    else:
        option = _listed(site)
        if option is None:
            raise site.wrong("no shape is given")
        asked = [] if option == (0,) else list(option)
    if asked is None:
        if prod(site.output.shape) != prod(source.shape):
            raise site.wrong(f"{list(source.shape)} to {list(site.output.shape)}")
        return None, kind
    rest = [i for i, extent in enumerate(asked) if extent == -1]
    given = prod(extent for extent in asked if extent != -1)
    if len(rest) > 1 or given < 1 or min(asked, default=1) < -1 or prod(source.shape) % given:
        raise site.wrong(f"{list(source.shape)} to {asked}")
    for at in rest:
        asked[at] = prod(source.shape) // given
    if prod(asked) != prod(source.shape):
        raise site.wrong(f"{list(source.shape)} to {asked}")
    return tuple(asked), kind


def densify(site: Site) -> Found:
    """DENSIFY: a sparse constant in its own shape."""
    site.require_inputs(1)
    source, kind = site.tensor(0), site.kind(0)
    if kind not in {"int8", "float16", "float32"}:
        raise site.unsupported(f"type {kind}")
    if source.known is None:
        raise site.wrong(f"{named(source)} is no sparse constant")
    return source.shape, kind


def squeeze(site: Site) -> Found:
    """The axes of extent 1 that are named, or all."""
    site.require_inputs(1)
    shape = site.tensor(0).shape
    gone = {site.one_of(a, len(shape)) for a in _listed(site) or ()}
    if any(shape[a] != 1 for a in gone):
        raise site.wrong(f"axes {sorted(gone)} of {list(shape)} are not 1")
    gone = gone or {a for a, n in enumerate(shape) if n == 1}
    return tuple(n for a, n in enumerate(shape) if a not in gone), site.kind(0)


def expand(site: Site) -> Found:
    """An axis of 1 put in."""
    site.require_inputs(2)
    shape, axes = site.tensor(0).shape, site.constants(1)
    if len(axes) != 1:
        raise site.wrong(f"axes {axes}")
    at = site.one_of(axes[0], len(shape) + 1)
    return (*shape[:at], 1, *shape[at:]), site.kind(0)


def pack(site: Site) -> Found:
    """Equal tensors along a new axis."""
    count = int(site.op.option(0, "i"))
    site.require_inputs(max(count, 1))
    shape, kind = site.tensor(0).shape, site.kind(0)
    for slot in range(count):
        tensor = site.tensor(slot)
        if tensor.shape != shape or str(tensor.dtype) != kind:
            raise site.wrong(f"{named(tensor)} is {tensor.dtype} {list(tensor.shape)}")
        same = kind in STORED and str(site.output.dtype) == kind
        if same and site.parameters(tensor) != site.parameters(site.output):
            raise site.wrong(f"{named(tensor)} is quantized otherwise than the output")
    at = site.one_of(int(site.op.option(1, "i")), len(shape) + 1)
    return (*shape[:at], count, *shape[at:]), kind


def sliced(site: Site) -> Found:
    """STRIDED_SLICE."""
    site.require_inputs(4)
    if any(int(site.op.option(field, "i")) for field in (2, 3)):
        raise site.unsupported("an ellipsis or a new axis")
    shape, shrink = site.tensor(0).shape, int(site.op.option(4, "i"))
    rows = [site.constants(i) for i in (1, 2, 3)]
    if len({len(row) for row in rows}) != 1 or len(rows[0]) > len(shape):
        raise site.wrong(f"begin, end and strides {rows} of {list(shape)}")
    for axis, (begin, _, pace) in enumerate(zip(*rows, strict=True)):
        goes = bool(shrink & 1 << axis)
        if pace == 0 or (goes and pace < 0):
            raise site.wrong(f"stride {pace} of axis {axis}")
        if goes and not int(site.op.option(0, "i")) & 1 << axis:
            site.one_of(begin, shape[axis])
    return tuple(len(positions) for positions, gone in taken(site) if not gone), site.kind(0)
