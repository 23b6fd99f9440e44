"""Failing tests against the bytes that a patch changes."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mendlite.model.report import CurvePoint
from mendlite.report.html.axis import PlotAxis, below, beside
from mendlite.report.html.numbers import count
from mendlite.report.html.svg import element, picture

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 400, 260, 40, 26, 216
SHAPES = ("curve-a", "curve-b", "curve-c", "curve-d")


def curve_kinds(points: Sequence[CurvePoint]) -> list[tuple[str, str]]:
    """The moves whose most useful channels were tried: name, and class of the line."""
    kinds = [k for k in dict.fromkeys(p.kind for p in points) if k not in ("", "repair")]
    return [(kind, SHAPES[index % len(SHAPES)]) for index, kind in enumerate(kinds)]


def curve_plot(points: Sequence[CurvePoint]) -> Markup:
    """A line a move from no patch on, and a mark for the whole repair."""
    sizes = [p.bytes for p in points if p.bytes > 0]
    across = PlotAxis.log_of(sizes or [1], LEFT, WIDTH - 10)
    up = PlotAxis.of([p.failing for p in points], BOTTOM, TOP, zero=True)
    parts = [
        below(across, BOTTOM, TOP, "bytes changed (logarithmic)"),
        beside(up, LEFT, WIDTH - 10, "failing tests"),
    ]
    start = [p for p in points if not p.kind]
    for kind, class_ in curve_kinds(points):
        own = [*start, *(p for p in points if p.kind == kind)]
        places = " ".join(f"{_x(across, p):.1f},{up.at(p.failing):.1f}" for p in own)
        parts.append(element("polyline", points=places, class_=f"curve {class_}"))
        parts += [_mark(across, up, p, class_) for p in own]
    parts += [_mark(across, up, p, "whole", 6) for p in points if p.kind == "repair"]
    return picture("failing tests against bytes changed", WIDTH, HEIGHT, *parts)


def _x(axis: PlotAxis, point: CurvePoint) -> float:
    """No patch lies at the beginning of the axis."""
    return axis.at(point.bytes) if point.bytes > 0 else axis.start


def _mark(
    across: PlotAxis, up: PlotAxis, point: CurvePoint, class_: str, radius: float = 3
) -> Markup:
    note = f"{point.kind or 'no patch'}: {count(point.bytes)} bytes, {count(point.failing)} failing"
    return element(
        "circle",
        element("title", note),
        cx=_x(across, point),
        cy=up.at(point.failing),
        r=radius,
        class_=f"mark {class_}",
    )
