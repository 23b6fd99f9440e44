"""STRIDED_SLICE: which positions are taken along each axis (``strided_slice_logic.h``)."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.prepare.view import Inferred, Preparation


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSlice:
    """``positions`` that are taken along an axis; ``shrunk``: the axis goes."""

    positions: range
    shrunk: bool


def axis_slices(view: Preparation) -> tuple[AxisSlice, ...]:
    """The span of every axis; raises where begin, end and strides do not fit the input."""
    view.require_count(4)
    for name in ("ellipsis_mask", "new_axis_mask"):
        if view.operator.options.get(name, 0):
            raise view.unsupported(name)
    source = view.input(0).shape
    begin, end, step = (
        view.numbers(slot, name) for slot, name in ((1, "begin"), (2, "end"), (3, "strides"))
    )
    if not len(begin) == len(end) == len(step) <= len(source):
        raise view.wrong(
            f"begin, end and strides have {len(begin)}, {len(end)} and {len(step)} values for an "
            f"input of shape {list(source)}"
        )
    taken = [
        _span(view, axis, source[axis], numbers)
        for axis, numbers in enumerate(zip(begin, end, step, strict=True))
    ]
    rest = [AxisSlice(positions=range(n), shrunk=False) for n in source[len(taken) :]]
    return (*taken, *rest)


def _span(view: Preparation, axis: int, extent: int, numbers: tuple[int, int, int]) -> AxisSlice:
    begin, end, step = numbers
    bit = 1 << axis
    masked = [bool(view.option(f"{name}_mask") & bit) for name in ("begin", "end", "shrink_axis")]
    if step == 0 or (masked[2] and step < 0):
        raise view.wrong(f"its stride along axis {axis} is {step}")
    if masked[2]:
        start = 0 if masked[0] else begin
        if not -extent <= start < extent:
            raise view.wrong(f"position {start} of axis {axis} lies outside its {extent}")
        return AxisSlice(positions=range(start % extent, start % extent + 1), shrunk=True)
    limits = slice(None if masked[0] else begin, None if masked[1] else end, step)
    return AxisSlice(positions=range(*limits.indices(extent)), shrunk=False)


def strided_slice(view: Preparation) -> Inferred:
    """STRIDED_SLICE with begin, end and shrink masks."""
    left = tuple(len(span.positions) for span in axis_slices(view) if not span.shrunk)
    return Inferred(shape=left, dtype=view.input(0).dtype)
