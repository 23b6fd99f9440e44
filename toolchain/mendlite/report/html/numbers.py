"""Numbers as the page shows them."""

from __future__ import annotations

from math import isfinite

from mendlite.model.confidence import ConfidenceInterval


def figure(value: float | None, digits: int = 3) -> str:
    """A figure with so many significant digits; a dash where there is none."""
    if value is None:
        return "-"
    if not isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "not a number"
    return f"{value:.{digits}g}"


def count(value: int) -> str:
    """A whole number with a comma between thousands."""
    return f"{value:,}"


def interval(ends: ConfidenceInterval) -> str:
    """An interval of shares as percentages."""
    return f"{100 * ends.low:.2g} … {100 * ends.high:.2g} %"


def share(value: float | None) -> str:
    """A share in [0, 1] as a percentage; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.2f} %"
