"""Intervals of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats, outward


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """``lower <= x <= upper``, f64[N] each."""

    lower: Floats
    upper: Floats

    @property
    def size(self) -> Floats:
        """Largest absolute value, f64[N]."""
        largest: Floats = np.maximum(np.abs(self.lower), np.abs(self.upper))
        return largest

    @property
    def width(self) -> Floats:
        """Upper less lower, f64[N]."""
        return self.upper - self.lower

    @property
    def middle(self) -> Floats:
        """The centre, f64[N]."""
        return 0.5 * (self.lower + self.upper)

    def meet(self, other: Interval) -> Interval:
        """What lies in both. Both are sound, so they meet; a gap of rounding is closed outward."""
        lower = np.maximum(self.lower, other.lower)
        upper = np.minimum(self.upper, other.upper)
        return Interval(lower=np.minimum(lower, upper), upper=np.maximum(lower, upper))

    def minus(self, other: Interval) -> Interval:
        """All differences."""
        low, high = outward(
            self.lower - other.upper, self.upper - other.lower, self.size + other.size
        )
        return Interval(lower=low, upper=high)

    def plus(self, other: Interval) -> Interval:
        """All sums."""
        low, high = outward(
            self.lower + other.lower, self.upper + other.upper, self.size + other.size
        )
        return Interval(lower=low, upper=high)

    def clip(self, low: Floats, high: Floats) -> Interval:
        """Its image under a clamp."""
        return Interval(lower=np.clip(self.lower, low, high), upper=np.clip(self.upper, low, high))

    def on_grid(self, scale: float) -> Interval:
        """The hull of the multiples of ``scale`` in it: values that are such multiples."""
        # A multiple that rounding pushed just outside is kept: 1e-9 of a step.
        lower = np.ceil(self.lower / scale - 1e-9) * scale
        upper = np.floor(self.upper / scale + 1e-9) * scale
        low, high = outward(lower, upper, self.size)
        return self.meet(Interval(lower=low, upper=high))

    def take(self, index: NDArray[np.int64]) -> Interval:
        """The intervals at ``index``."""
        return Interval(lower=self.lower[index], upper=self.upper[index])


def zeros(count: int) -> Interval:
    """``count`` intervals that hold 0 alone."""
    return Interval(lower=np.zeros(count), upper=np.zeros(count))
