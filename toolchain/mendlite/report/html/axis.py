"""Axes of a plot: where a value lies, and which values get a tick."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from markupsafe import Markup

from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import line, text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotAxis:
    """Values ``low`` to ``high`` lie between the places ``start`` and ``end``.

    ``log``: on a logarithmic scale; both ends are positive then.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @staticmethod
    def of(values: Iterable[float], start: float, end: float, *, zero: bool = False) -> PlotAxis:
        """An axis that holds the finite values, with ``zero`` from 0 on."""
        finite = [value for value in values if isfinite(value)] or [0.0]
        low, high = min(finite), max(finite)
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if high <= low:
            high = low + (abs(low) or 1.0)
        return PlotAxis(low=low, high=high, start=start, end=end)

    @staticmethod
    def log_of(values: Iterable[float], start: float, end: float) -> PlotAxis:
        """A logarithmic axis from power of ten to power of ten; linear where a value is not > 0."""
        finite = [value for value in values if isfinite(value)]
        if not finite or min(finite) <= 0:
            return PlotAxis.of(finite, start, end, zero=True)
        low, high = floor(log10(min(finite))), ceil(log10(max(finite)))
        high = max(high, low + 1)
        return PlotAxis(low=10.0**low, high=10.0**high, start=start, end=end, log=True)

    def at(self, value: float) -> float:
        """The place of a value; of one beyond an end, the end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            part = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values on the axis, at most some more than ``most``."""
        if self.log:
            exponents = range(round(log10(self.low)), round(log10(self.high)) + 1)
            step = max(1, ceil(len(exponents) / (most + 1)))
            return [10.0**exponent for exponent in exponents[::step]]
        span = self.high - self.low
        unit = 10.0 ** floor(log10(span / most))
        step_size = next(unit * n for n in (1, 2, 5, 10) if span / (unit * n) <= most)
        first, last = ceil(self.low / step_size - 1e-9), floor(self.high / step_size + 1e-9)
        return [n * step_size for n in range(first, last + 1)]


def below(axis: PlotAxis, y: float, top: float, name: str = "") -> Markup:
    """Ticks, numbers and the name of an axis that runs along the bottom at ``y``."""
    parts = [line(axis.start, y, axis.end, y, "axis")]
    for tick in axis.ticks():
        parts += [line(axis.at(tick), top, axis.at(tick), y, "grid")]
        parts += [text(axis.at(tick), y + 14, figure(tick), "middle", "tick")]
    if name:
        parts.append(text((axis.start + axis.end) / 2, y + 30, name, "middle", "name"))
    return Markup("").join(parts)


def beside(axis: PlotAxis, x: float, right: float, name: str = "") -> Markup:
    """Ticks and numbers of an axis that runs up the left side at ``x``; its name stands above."""
    parts = [line(x, axis.start, x, axis.end, "axis")]
    for tick in axis.ticks():
        parts += [line(x, axis.at(tick), right, axis.at(tick), "grid")]
        parts += [text(x - 5, axis.at(tick) + 4, figure(tick), "end", "tick")]
    if name:
        parts.append(text(4, axis.end - 10, name, "start", "name"))
    return Markup("").join(parts)
