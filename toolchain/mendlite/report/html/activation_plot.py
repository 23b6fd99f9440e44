"""The histogram of one activation, with the range of the int8 tensor before and after."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

from markupsafe import Markup

from mendlite.model.report_details import ActivationDetails
from mendlite.report.html.axis import PlotAxis, below
from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import element, line, picture, text

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 400, 176, 14, 386, 8, 108
WIDE = 8
"""How much wider than the values an axis may become to show a range; a wider range is cut."""


def activation_plot(activation: ActivationDetails) -> Markup:
    """Counts on a logarithmic scale: the few values at the ends decide what is clipped."""
    axis = _axis(activation)
    parts = [below(axis, BOTTOM, BOTTOM)]
    parts.append(_area(activation, activation.counts, axis, "values"))
    if activation.followed:
        parts.append(_area(activation, activation.followed, axis, "values followed"))
    parts.append(_range(axis, activation.range_before, "before", "int8", 138))
    parts.append(_range(axis, activation.range_after, "after", "repaired", 160))
    return picture(_label(activation), WIDTH, HEIGHT, *parts)


def _axis(activation: ActivationDetails) -> PlotAxis:
    """From the values' and the ranges' ends, as far as the values can still be seen."""
    low, high = activation.low, activation.high
    span = high - low
    ends = [*activation.range_before, *activation.range_after]
    begin = max(min(low, *ends), low - span * WIDE / 2)
    end = min(max(high, *ends), high + span * WIDE / 2)
    return PlotAxis(low=begin, high=max(end, begin + span / 100), start=LEFT, end=RIGHT)


def _area(
    activation: ActivationDetails, counts: Sequence[int], axis: PlotAxis, class_: str
) -> Markup:
    """The outline of a histogram, closed along the axis."""
    most = log1p(max(*counts, *activation.counts, 1))
    width = (activation.high - activation.low) / len(counts)
    points = [f"{axis.at(activation.low):.1f},{BOTTOM}"]
    for index, number in enumerate(counts):
        y = BOTTOM - log1p(number) / most * (BOTTOM - TOP)
        ends = (activation.low + (index + edge) * width for edge in (0, 1))
        points += [f"{axis.at(end):.1f},{y:.1f}" for end in ends]
    points.append(f"{axis.at(activation.high):.1f},{BOTTOM}")
    return element("polygon", points=" ".join(points), class_=class_)


def _range(axis: PlotAxis, ends: tuple[float, float], class_: str, name: str, y: float) -> Markup:
    """A line from end to end of a range; a mark at an end that lies on the plot."""
    begin, end = axis.at(ends[0]), axis.at(ends[1])
    parts = [line(begin, y, end, y, f"range {class_}")]
    for value, place in zip(ends, (begin, end), strict=True):
        if axis.low <= value <= axis.high:
            parts.append(line(place, TOP, place, y + 4, f"limit {class_}"))
    words = f"{name} {figure(ends[0])} … {figure(ends[1])}"
    parts.append(text((LEFT + RIGHT) / 2, y + 14, words, "middle", "tick"))
    return Markup("").join(parts)


def _label(activation: ActivationDetails) -> str:
    ranges = (activation.range_before, activation.range_after)
    before, after = (f"{figure(low)} to {figure(high)}" for low, high in ranges)
    return (
        f"{activation.name}: float values {figure(activation.low)} to {figure(activation.high)}, "
        f"int8 range {before}, repaired {after}"
    )
