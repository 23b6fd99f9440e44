"""Planes above and below the difference of two clamps (QEBVerif, section 4.2, in one piece).

With a first network's value x before its clamp ``[low, high]`` and the second's at ``x + d``
before ``[low', high']``, the difference behind the clamps is ``g(x, d) = clip'(x + d) - clip(x)``:
piecewise linear on the polygon of all (x, d) within the bounds of x, d and x + d. Against any plane
its extremes lie at the vertices of that subdivision, where two of the lines x = ..., d = ...,
x + d = ... cross. Enumerating them covers every case of the paper (both active, one of them,
saturated, ...), and constant planes equal the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.float_error import COMPUTED, TINY, UNIT, Floats
from mendlite.certify.bounds.interval import Interval

TOLERANCE = 1e-9
"""Relative: a crossing that rounding moved this far outside is taken as inside, which is sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamps:
    """Bounds of the first and of the second clamp, f64[N] each."""

    low: Floats
    high: Floats
    second_low: Floats
    second_high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """``on_difference * d + on_value * x + offset`` on one side of g, f64[N] each."""

    on_difference: Floats
    on_value: Floats
    offset: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The vertices: values, differences and g there, f64[V, N]; NaN where there is none."""

    x: Floats
    d: Floats
    g: Floats
    size: Floats
    middle_x: Floats
    middle_d: Floats


def make_region(first: Interval, second: Interval, d: Interval, clamps: Clamps) -> Region:
    """The subdivision for values before the clamps; ``second`` bounds x + d."""
    size = 1.0 + first.size + second.size + d.size
    x_lines = [first.lower, first.upper, clamps.low, clamps.high]
    s_lines = [second.lower, second.upper, clamps.second_low, clamps.second_high]
    with np.errstate(invalid="ignore"):  # a bound that is infinite crosses nothing
        points = [(x, e) for x in x_lines for e in (d.lower, d.upper)]
        points += [(x, s - x) for x in x_lines for s in s_lines]
        points += [(s - e, e) for s in s_lines for e in (d.lower, d.upper)]
        xs, ds = np.stack([p[0] for p in points]), np.stack([p[1] for p in points])
        slack = TOLERANCE * size
        inside = (
            (xs >= first.lower - slack) & (xs <= first.upper + slack)
            & (ds >= d.lower - slack) & (ds <= d.upper + slack)
            & (xs + ds >= second.lower - slack) & (xs + ds <= second.upper + slack)
        )  # fmt: skip
    # Bounds that contradict each other leave no vertex (a branch that no input takes): the corners
    # of x and d alone are a larger region.
    empty = ~inside.any(axis=0)
    for corner in range(4):
        xs[corner] = np.where(empty, (first.lower, first.upper)[corner // 2], xs[corner])
        ds[corner] = np.where(empty, (d.lower, d.upper)[corner % 2], ds[corner])
        inside[corner] |= empty
    xs, ds = np.where(inside, xs, np.nan), np.where(inside, ds, np.nan)
    g: Floats = np.clip(xs + ds, clamps.second_low, clamps.second_high) - np.clip(
        xs, clamps.low, clamps.high
    )
    return Region(x=xs, d=ds, g=g, size=size, middle_x=first.middle, middle_d=d.middle)


def _extreme(region: Region, on_difference: Floats, on_value: Floats, sign: float) -> Floats:
    """The least offset that keeps the plane on its side."""
    gap = sign * (region.g - on_difference * region.d - on_value * region.x)
    # A vertex is wrong by a few roundings of what it was computed from, and g by as many.
    margin = 2 * COMPUTED * UNIT * region.size * (1 + np.abs(on_difference) + np.abs(on_value))
    offset: Floats = sign * (np.nanmax(gap, axis=0) + margin + TINY)
    return offset


def exact_range(region: Region) -> Interval:
    """All values of g: the case analysis with constants."""
    none = np.zeros_like(region.size)
    return Interval(
        lower=_extreme(region, none, none, -1.0), upper=_extreme(region, none, none, 1.0)
    )


def _chord(lower: Floats, upper: Floats) -> Floats:
    """Slope of the line that touches max(0, d) at both ends of ``[lower, upper]``."""
    width = upper - lower
    rise = np.maximum(upper, 0) - np.maximum(lower, 0)
    return np.divide(rise, width, out=np.zeros_like(width), where=width > 0)


def planes(
    region: Region, d: Interval, slopes: tuple[Floats, Floats, Floats, Floats], *, above: bool
) -> Planes:
    """The plane that lies closest at the region's middle, among a few.

    ``slopes`` are the lines above and below the first clamp, and above and below the second:
    planes that follow one network where the other is constant, or both.
    """
    sign = 1.0 if above else -1.0
    none, one = np.zeros_like(region.size), np.ones_like(region.size)
    chord = _chord(d.lower, d.upper) if above else 1.0 - _chord(d.lower, d.upper)
    first_above, first_below, second_above, second_below = slopes
    first = first_below if above else first_above
    second = second_above if above else second_below
    tried = [
        (none, none), (one, none), (chord, none), (second, second), (none, -first),
        (second, second - first),
    ]  # fmt: skip
    best = Planes(on_difference=none, on_value=none, offset=none)
    cost = np.full(region.size.shape, np.inf)
    for on_difference, on_value in tried:
        offset = _extreme(region, on_difference, on_value, sign)
        here = sign * (on_difference * region.middle_d + on_value * region.middle_x + offset)
        closer = here < cost
        cost = np.where(closer, here, cost)
        best = Planes(
            on_difference=np.where(closer, on_difference, best.on_difference),
            on_value=np.where(closer, on_value, best.on_value),
            offset=np.where(closer, offset, best.offset),
        )
    return best
