"""Shapes of RESHAPE, SQUEEZE, EXPAND_DIMS, PACK, STRIDED_SLICE and PAD."""

from __future__ import annotations

from math import prod

from mendlite.checker.site import STORED, Found, Site, named
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


def taken(site: Site) -> list[tuple[range, bool]]:
    """(positions, whether the axis goes) along every axis of a STRIDED_SLICE."""
    site.require_inputs(4)
    begins, ends, ellipsis, new, shrink = (int(site.op.option(f, "i")) for f in range(5))
    if ellipsis or new:
        raise site.unsupported("an ellipsis or a new axis")
    shape = site.tensor(0).shape
    rows = [site.constants(i) for i in (1, 2, 3)]
    if len({len(row) for row in rows}) != 1 or len(rows[0]) > len(shape):
        raise site.wrong(f"begin, end and strides {rows} of {list(shape)}")
    slices = []
    for axis, (begin, end, step) in enumerate(zip(*rows, strict=True)):
        bit, n = 1 << axis, shape[axis]
        if step == 0 or (shrink & bit and step < 0):
            raise site.wrong(f"stride {step} of axis {axis}")
        if shrink & bit:
            at = 0 if begins & bit else begin
            at = site.one_of(at, n)
            slices.append((range(at, at + 1), True))
            continue
        lowest, highest = (0, n) if step > 0 else (-1, n - 1)
        first, last = (min(max(v + n if v < 0 else v, lowest), highest) for v in (begin, end))
        first = (lowest if step > 0 else highest) if begins & bit else first
        last = (highest if step > 0 else lowest) if ends & bit else last
        slices.append((range(first, last, step), False))
    return [*slices, *((range(n), False) for n in shape[len(rows[0]) :])]


def sliced(site: Site) -> Found:
    """STRIDED_SLICE."""
    return tuple(len(positions) for positions, gone in taken(site) if not gone), site.kind(0)


def pad(site: Site) -> Found:
    """PAD."""
    site.require_inputs(2)
    shape, kind = site.tensor(0).shape, site.kind(0)
    if kind not in {"float32", *STORED}:
        raise site.unsupported(f"type {kind}")
    pairs = site.constants(1)
    if site.tensor(1).shape != (len(shape), 2) or min(pairs, default=0) < 0:
        raise site.wrong(f"paddings {pairs} of {list(shape)}")
    if kind in STORED and str(site.output.dtype) == kind:
        site.parameters(site.output)
    return tuple(n + pairs[2 * a] + pairs[2 * a + 1] for a, n in enumerate(shape)), kind


def concrete(site: Site) -> list[int] | None:
    """The integers of an output that follows from static shapes, as far as RESHAPE may read it."""
    if str(site.output.dtype) not in {"int32", "int64"} or len(site.output.shape) > 1:
        return None
    if site.op.name == "SHAPE":
        return list(site.tensor(0).shape)
    return _joined(site) if site.op.name in FOLLOWED else None


FOLLOWED = ("STRIDED_SLICE", "PACK", "RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Operators whose integers are followed; all but PACK have one input of values."""


def _joined(site: Site) -> list[int] | None:
    values: list[int] = []
    for slot in range(len(site.op.inputs) if site.op.name == "PACK" else 1):
        whole = site.kind(slot) == "int32" and len(site.tensor(slot).shape) < 2
        part = site.integers(slot) if whole else None
        if part is None:
            return None
        values += part
    if site.op.name == "STRIDED_SLICE" and site.tensor(0).shape:
        return [values[i] for i in taken(site)[0][0]]
    return values
