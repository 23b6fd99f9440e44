"""A recording or a window of a sensor as lines, one a channel."""

from __future__ import annotations

from markupsafe import Markup

from mendlite.model.report_details import SampleView
from mendlite.report.html.axis import PlotAxis
from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import element, picture, text

WIDTH, HEIGHT, TOP = 240, 110, 14
COLOURS = 4


def wave_plot(view: SampleView) -> Markup:
    """All channels on one scale."""
    every = [value for wave in view.waves for value in wave]
    up = PlotAxis.of(every, HEIGHT - 2, TOP)
    parts = [text(2, 10, f"{figure(min(every))} … {figure(max(every))}", "start", "tick")]
    for index, wave in enumerate(view.waves):
        across = PlotAxis(low=0, high=max(len(wave) - 1, 1), start=2, end=WIDTH - 2)
        points = " ".join(f"{across.at(i):.1f},{up.at(v):.1f}" for i, v in enumerate(wave))
        parts.append(element("polyline", points=points, class_=f"wave wave-{index % COLOURS}"))
    shape = " x ".join(map(str, view.shape))
    label = f"{len(view.waves)} channels of a sample of {shape} values"
    return picture(label, WIDTH, HEIGHT, *parts, class_="plot small")
