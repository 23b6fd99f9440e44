"""Lines above and below a clamp on an interval (DeepPoly's ReLU relaxation, for any clamp)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.float_error import COMPUTED, TINY, UNIT, Floats
from mendlite.certify.bounds.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """``slope * x + offset`` on one side of a function, f64[N] each."""

    slope: Floats
    offset: Floats


def _vertices(x: Interval, low: Floats, high: Floats) -> Floats:
    """Where a clamp on ``x`` can be extreme against a line, f64[4, N]: ends and kinks inside."""
    kinks = [np.clip(end, x.lower, x.upper) for end in (low, high)]
    return np.stack([x.lower, x.upper, *kinks])


def _ratio(rise: Floats, run: Floats) -> Floats:
    return np.clip(np.divide(rise, run, out=np.zeros_like(run), where=run > 0), 0.0, 1.0)


def _slopes(x: Interval, low: Floats, high: Floats, *, above: bool) -> list[Floats]:
    """Slopes worth trying: flat, the identity, the chord, and from one end to the far kink."""
    ends = x.clip(low, high)
    if above:
        peak = np.clip(high, x.lower, x.upper)
        kink = _ratio(np.clip(peak, low, high) - ends.lower, peak - x.lower)
    else:
        peak = np.clip(low, x.lower, x.upper)
        kink = _ratio(ends.upper - np.clip(peak, low, high), x.upper - peak)
    return [np.zeros_like(kink), np.ones_like(kink), _ratio(ends.width, x.width), kink]


def clamp_lines(
    x: Interval, low: Floats, high: Floats, *, above: bool, steep: bool | None = None
) -> Lines:
    """The line that lies closest over the interval, among a few slopes.

    Its offset is the extreme of clamp less slope at the vertices, which makes it sound whatever the
    slope. ``steep`` picks one of slope 0 and 1 below an unstable clamp instead of the closer one.
    """
    points = _vertices(x, low, high)
    values = np.clip(points, low, high)
    slopes = _slopes(x, low, high, above=above)
    sign = 1.0 if above else -1.0
    best = Lines(slope=np.zeros(x.lower.size), offset=np.full(x.lower.size, sign * np.inf))
    cost = np.full(x.lower.size, np.inf)
    for choice, slope in enumerate(slopes):
        gap = sign * (values - slope * points)
        margin = COMPUTED * UNIT * (np.abs(values) + np.abs(slope * points)).max(axis=0) + TINY
        offset = sign * (gap.max(axis=0) + margin)
        here = sign * (slope * x.middle + offset)
        if steep is not None and not above and choice < 2:
            inner = (x.lower < low) & (x.upper > low)
            here = np.where(inner, -np.inf if choice == int(steep) else np.inf, here)
        closer = here < cost
        cost = np.where(closer, here, cost)
        best = Lines(
            slope=np.where(closer, slope, best.slope), offset=np.where(closer, offset, best.offset)
        )
    return best
