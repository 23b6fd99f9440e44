"""What the range of an activation costs the outputs, to first order, for all ranges at once.

An error of an activation moves the outputs by its slope times the error. Rounding errors are
uniform and independent: their part of the variance is a twelfth of a step squared times the sum of
squared slopes. Clipped values of a sample err to the same side: they are added up in each sample
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import ordered_mean, total_of
from mendlite.repair.layers.activation_range import Range

Floats = NDArray[np.float64]

SHARES = np.arange(10, 33) / 20
"""Shares of the present ends that are measured: from a half to 1.6, the present ones among them."""

NOW = 10
"""The place of the present ends in SHARES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeErrors:
    """Of the tensors with one range, on n samples.

    ``squares`` is the sum of squared slopes of all values that are rounded, ``low`` and ``high``
    f64[n, S] how far clipping below and above moves each sample's outputs, at SHARES of the ends.
    """

    squares: float
    low: Floats
    high: Floats

    @staticmethod
    def of(now: Range, values: NDArray[Any], slopes: NDArray[Any]) -> RangeErrors:
        """Of one tensor's real ``values`` [n, m] and the slopes of the outputs by them."""
        low, high = now.ends
        # Zero is exact in every range.
        rounded = np.where(values != 0, slopes, 0).astype(np.float64)
        return RangeErrors(
            squares=total_of(np.square(rounded)),
            low=_beyond(-values, -slopes, -low),
            high=_beyond(values, slopes, high),
        )

    def __add__(self, other: RangeErrors) -> RangeErrors:
        """Of two tensors with one range, on the same samples."""
        return RangeErrors(
            squares=self.squares + other.squares,
            low=self.low + other.low,
            high=self.high + other.high,
        )

    def costs(self, now: Range) -> Floats:
        """The variance f64[S, S] of the outputs' errors by the shares of the low and high end."""
        low, high = now.ends
        steps = (high * SHARES[None, :] - low * SHARES[:, None]) / (high - low) * now.scale
        count = max(len(self.low), 1)
        clipped = np.stack(
            [ordered_mean(np.square(one[:, None] + self.high)) for one in self.low.T]
        )
        cost: Floats = np.square(steps) / 12 * (self.squares / count) + clipped
        return cost


def joined(parts: Sequence[RangeErrors]) -> RangeErrors:
    """Of all samples, from those of slices in their order."""
    return RangeErrors(
        squares=total_of(np.array([part.squares for part in parts])),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
    )


def _beyond(values: NDArray[Any], slopes: NDArray[Any], end: float) -> Floats:
    """How far values [n, m] above SHARES of ``end`` move the outputs when clipped, f64[n, S]."""
    moved = np.zeros((len(values), SHARES.size))
    if end <= 0:
        return moved
    rows, places = np.nonzero(values > end * SHARES[0])
    far, by = (part[rows, places].astype(np.float64) for part in (values, slopes))
    for index, share in enumerate(SHARES):
        lost = by * np.minimum(end * share - far, 0.0)
        moved[:, index] = np.bincount(rows, lost, len(values))
    return moved
