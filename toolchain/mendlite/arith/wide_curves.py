"""int16 LOGISTIC and TANH of TFLite, in exact integers, as tables of all inputs.

Source: ``integer_ops/logistic.h`` and ``tanh.h``: a table of the logistic function at multiples of
1 / 24 in 16 bits, and straight lines between. LiteRT and TFLite Micro compute alike.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.conversion import round_half_away

WORDS: NDArray[np.int64] = np.arange(-(2**15), 2**15, dtype=np.int64)

POINTS = 256
"""Points of the table; beyond the last but one both curves are at their ends."""

NEAR_POWER = 1e-3
"""How far log2 of a scale may be from a whole number for the scale to count as a power of two
(``CheckedLog2``, in float32)."""

MOST_SHIFT = 31
"""``while (multiplier <= 32767.0 / 2.0 && input_left_shift <= 30)``."""


@cache
def _points() -> NDArray[np.int64]:
    """``sigmoid_table_uint16``: 2**16 / (1 + exp(-i / 24)), the last 2**16 - 1.

    Each is moved by half of what the straight line to the next is off in the middle.
    """
    here, middle, following = (
        elementary.logistic((np.arange(POINTS) + part) / 24.0) * 2.0**16 for part in (0.0, 0.5, 1.0)
    )
    points = round_half_away(here + (middle - (here + following) / 2) / 2).astype(np.int64)
    points[-1] = 2**16 - 1
    return points


def from_power_of_two(scale: float) -> tuple[int, float]:
    """The whole number nearest to log2 of a scale, and how far that is from it."""
    power = float(elementary.log(np.array([scale]))[0] / elementary.log(np.array([2.0]))[0])
    return round(power), abs(power - round(power))


def input_multiplier(scale: float, shifts: tuple[int, ...]) -> tuple[int, int]:
    """(multiplier, right shift) that bring inputs of this scale to steps of 1 / (3 * 4096).

    ``shifts`` are the exponents over 2**-12 that the kernel takes as powers of two without
    rounding (``CheckedLog2``). The multiplier is cut, not rounded, to 15 bits.
    """
    power, away = from_power_of_two(scale)
    if away < NEAR_POWER and power + 12 in shifts:
        return 3 << (power + 12), 0
    real, shift = scale * 4096.0 * 3.0, 0
    while real <= 32767.0 / 2.0 and shift < MOST_SHIFT:
        real, shift = real * 2.0, shift + 1
    return int(real), shift


def _inputs(multiplier: int, shift: int) -> NDArray[np.int64]:
    """Every int16 input in steps of 1 / (3 * 4096)."""
    half = 1 << (shift - 1) if shift else 0
    return (WORDS * multiplier + half) >> shift


def _between(magnitude: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """The table at ``magnitude`` / 2**bits, in 16 + ``bits`` bits."""
    place = np.minimum(magnitude >> bits, POINTS - 2)
    points = _points()
    low, high = points[place], points[place + 1]
    result: NDArray[np.int64] = (low << bits) + (magnitude & ((1 << bits) - 1)) * (high - low)
    return result


def logistic_table(scale: float) -> NDArray[np.int16]:
    """Outputs i16[65536] (scale 2**-15, zero-point 0) of the int16 inputs, rising."""
    return logistic_of(*input_multiplier(scale, (0,)))


def logistic_of(multiplier: int, shift: int) -> NDArray[np.int16]:
    """``logistic_table`` of inputs that (multiplier, right shift) bring to 1 / (3 * 4096)."""
    x = _inputs(multiplier, shift)
    magnitude = np.abs(x)
    inside = _between(magnitude, 9)
    result = np.where(magnitude >> 9 >= POINTS - 1, 0x7FFF << 10, inside)
    moved = np.where(x >= 0, result + (1 << 9), (1 << 25) - result + (1 << 9) - 1)
    return (moved >> 10).astype(np.int16)


def tanh_table(scale: float) -> NDArray[np.int16]:
    """Outputs i16[65536] (scale 2**-15, zero-point 0) of the int16 inputs, rising."""
    return tanh_of(*input_multiplier(scale, (0, 1)))


def tanh_of(multiplier: int, shift: int) -> NDArray[np.int16]:
    """``tanh_table`` of inputs that (multiplier, right shift) bring to 1 / (3 * 4096)."""
    x = _inputs(multiplier, shift)
    magnitude = np.abs(x)
    inside = _between(magnitude, 8)
    result = np.where(magnitude >> 8 >= POINTS - 1, 0xFFFF << 8, inside)
    one, half = 1 << 23, 1 << 7
    moved = np.where(x >= 0, result - one + half, -result + one + half - 1)
    return (moved >> 8).astype(np.int16)
