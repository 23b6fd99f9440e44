"""CONCATENATION's shape, and the scales of what it joins."""

from __future__ import annotations

from mendlite.checker.site import STORED, Found, Site, named


def concatenation(site: Site) -> Found:
    """Equal extents but along the axis, where they are added."""
    site.require_inputs(max(len(site.op.inputs), 1))
    if int(site.op.option(1, "b")):
        raise site.unsupported("a fused activation")
    first, kind, total = site.tensor(0).shape, site.kind(0), 0
    axis = site.one_of(int(site.op.option(0, "i")), len(first))
    for slot in range(len(site.op.inputs)):
        tensor = site.tensor(slot)
        shape = tensor.shape
        alike = len(shape) == len(first) and str(tensor.dtype) == kind
        if not alike or (*shape[:axis], *shape[axis + 1 :]) != (*first[:axis], *first[axis + 1 :]):
            raise site.wrong(f"{named(tensor)}, {tensor.dtype} {list(shape)}, joins {list(first)}")
        if kind == str(site.output.dtype) and kind in STORED:
            _require_steps(site, slot)
        total += shape[axis]
    return (*first[:axis], total, *first[axis + 1 :]), kind


def _require_steps(site: Site, slot: int) -> None:
    given, wanted = site.parameters(site.tensor(slot)), site.parameters(site.output)
    if site.kind(slot) != "uint8" and given != wanted:
        raise site.wrong(f"{named(site.tensor(slot))} is quantized otherwise than the output")
    if not 255 * given[0] / wanted[0] < 2.0**31 - 256:
        raise site.wrong(f"{named(site.tensor(slot))} has a scale of {given[0]:g}")
