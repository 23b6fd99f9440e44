"""Bars of the signal-to-quantization-noise ratio of one layer, before and after."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mendlite.model.report_details import LayerDetails
from mendlite.report.html.axis import PlotAxis, below
from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import Rectangle, box, picture, text

WIDTH, LEFT, TOP, ROW = 640, 160, 6, 26
LETTERS = 20
"""Characters of a layer's name beside its bars."""


def layers_plot(layers: Sequence[LayerDetails]) -> Markup:
    """Two bars a layer; longer is better."""
    ratios = [r for x in layers for r in (x.sqnr_before, x.sqnr_after) if r is not None]
    axis = PlotAxis.of(ratios, LEFT, WIDTH - 12, zero=True)
    bottom = TOP + ROW * len(layers)
    parts = [below(axis, bottom, TOP, "signal-to-quantization-noise ratio, dB")]
    for row, layer in enumerate(layers):
        y = TOP + row * ROW
        parts.append(text(LEFT - 6, y + 17, _name(layer), "end", "tick"))
        parts += _bar(axis, y + 4, layer.sqnr_before, "before", f"{layer.name}: int8")
        parts += _bar(axis, y + 13, layer.sqnr_after, "after", f"{layer.name}: repaired")
    label = "ratio of signal to quantization noise of each layer; the table below has the same"
    return picture(label, WIDTH, bottom + 36, *parts)


def _bar(axis: PlotAxis, y: float, ratio: float | None, class_: str, name: str) -> list[Markup]:
    if ratio is None:
        return []
    begin, end = sorted((axis.at(0), axis.at(ratio)))
    area = Rectangle(begin, y, max(end - begin, 1), 8)
    return [box(area, class_, f"{name} {figure(ratio)} dB")]


def _name(layer: LayerDetails) -> str:
    """The layer's number and the end of its name, which differs most."""
    name = layer.name.split(";")[0]
    return f"{layer.position} {name if len(name) <= LETTERS else '…' + name[1 - LETTERS :]}"
