"""What a requantization adds to the real product: bounds from the exact thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.requantize import Requantizer, accumulator_threshold

Floats = NDArray[np.float64]


def value_of(requantizer: Requantizer) -> Floats:
    """What a fixed-point multiplier multiplies by, f64[C], exact."""
    factor: Floats = np.ldexp(
        requantizer.multiplier.astype(np.float64), (requantizer.shift - 31).astype(np.int32)
    )
    return factor


def rounding_noise(requantizer: Requantizer, channels: int) -> tuple[Floats, Floats]:
    """Bounds, in output steps, of what rounding adds: f64[C] each.

    ``y = clamp(z + acc m + e)`` for some e within them, for every int32 acc. y reaches k exactly
    from the accumulator T(k) on, so e is at most k - z - T(k) m there, and at least k - 1 - z -
    (T(k) - 1) m one accumulator below; between two thresholds e only falls.
    """
    most = widest(requantizer.shift, requantizer.rounding) + np.zeros(channels)
    values = np.arange(requantizer.low + 1, requantizer.high + 1)
    if not values.size:  # one output alone: y never moves
        return -most, most
    channel = np.repeat(np.arange(channels), values.size)
    value = np.tile(values, channels)
    threshold = accumulator_threshold(requantizer, channel, value)
    factor = np.broadcast_to(value_of(requantizer), channels)[channel]
    centred = (value - requantizer.zero_point).astype(np.float64)
    reachable = (np.abs(threshold) < 2**31) & (threshold < 2**31)
    up = np.where(reachable, centred - threshold * factor, -np.inf).reshape(channels, -1)
    down = np.where(reachable, centred - 1 - (threshold - 1) * factor, np.inf).reshape(channels, -1)
    # Two roundings of products below 2**9.
    margin = 2.0**-42
    highest, lowest = up.max(axis=1) + margin, down.min(axis=1) - margin
    # No threshold in int32: y never moves, and half a step (or so) covers what it stands for.
    none = ~np.isfinite(highest)
    return np.where(none, -most, lowest), np.where(none, most, highest)


def widest(shift: NDArray[np.int64], rounding: Rounding) -> Floats:
    """A half, and for double rounding what the first of two roundings adds after the shift."""
    first = 0.0 if rounding is Rounding.SINGLE else 0.5 * np.exp2(np.minimum(shift, 0))
    return np.asarray(0.5 + first * (shift < 0), np.float64)
