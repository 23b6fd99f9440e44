"""One model's output against the float model's, a point a sample."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mendlite.model.report_details import Scatter
from mendlite.report.html.axis import PlotAxis, below, beside
from mendlite.report.html.svg import element, line, picture

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 400, 400, 48, 26, 356


def scatter_plot(scatter: Scatter, values: Sequence[float], title: str, class_: str) -> Markup:
    """``values`` of a model; on the diagonal they equal the float model's."""
    every = [*scatter.float, *scatter.before, *scatter.after]
    across = PlotAxis.of(every, LEFT, WIDTH - 12)
    up = PlotAxis.of(every, BOTTOM, TOP)
    parts = [
        below(across, BOTTOM, TOP, "float model"),
        beside(up, LEFT, WIDTH - 12, title),
        line(across.start, up.start, across.end, up.end, "diagonal"),
    ]
    if scatter.tolerance is not None:
        parts += [_beside_diagonal(across, up, d) for d in (scatter.tolerance, -scatter.tolerance)]
    parts += [
        element("circle", cx=across.at(x), cy=up.at(y), r=2.5, class_=f"dot {class_}")
        for x, y in zip(scatter.float, values, strict=True)
    ]
    label = f"{scatter.name}: {title} against float, {len(values)} points"
    return picture(label, WIDTH, HEIGHT, *parts)


def _beside_diagonal(across: PlotAxis, up: PlotAxis, distance: float) -> Markup:
    """The line of values that are so far from the float model's."""
    low, high = max(across.low, across.low - distance), min(across.high, across.high - distance)
    if high <= low:
        return Markup("")
    return line(across.at(low), up.at(low + distance), across.at(high), up.at(high + distance),
                "tolerance")  # fmt: skip
