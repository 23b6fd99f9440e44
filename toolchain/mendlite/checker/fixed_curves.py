"""The logistic function and tanh in fixed point: gemmlowp's, and TFLite's table of int16."""

from __future__ import annotations

from functools import cache
from math import exp, log2

import numpy as np

from mendlite.checker.rounding import INT32_MAX, Integers, half_away
from mendlite.checker.softmax import exp_on_negative_values, shift_left, two_over_one_plus


def logistic_31(x: Integers) -> Integers:
    """1 / (1 + e**-x) of Q4.27, in Q0.31 (``gemmlowp::logistic``)."""
    positive = shift_left(two_over_one_plus(exp_on_negative_values(-np.abs(x), 4)), 1)
    share = np.where(x > 0, positive, INT32_MAX - positive)
    return np.where(x == 0, 1 << 30, share)


def tanh_31(x: Integers) -> Integers:
    """Tanh of Q4.27, in Q0.31 (``gemmlowp::tanh``): of 2 x, which is x read as Q5.26."""
    twice = two_over_one_plus(exp_on_negative_values(-np.abs(x), 5))
    magnitude = shift_left(twice - (1 << 29), 2)
    return np.where(x < 0, -magnitude, np.where(x > 0, magnitude, 0))


@cache
def _sigmoid_table() -> Integers:
    """``sigmoid_table_uint16``: 256 points at 1 / 24, straightened, the last 2**16 - 1."""

    def at(i: float) -> float:
        return 2.0**16 / (1.0 + exp(-i / 24.0))

    points = [at(i) + (at(i + 0.5) - (at(i) + at(i + 1)) / 2) / 2 for i in range(256)]
    table: Integers = half_away(np.array(points)).astype(np.int64)
    table[-1] = 2**16 - 1
    return table


def _in_24ths(values: Integers, scale: float, powers: tuple[int, ...]) -> Integers:
    """Inputs in steps of 1 / (3 * 4096): the preparation of int16 LOGISTIC and TANH."""
    power = log2(scale) + 12
    if abs(power - round(power)) < 1e-3 and round(power) in powers:
        return values * (3 << round(power))
    factor, right = scale * 4096.0 * 3.0, 0
    while factor <= 32767.0 / 2.0 and right <= 30:
        factor, right = factor * 2.0, right + 1
    half = 1 << (right - 1) if right else 0
    return (values * int(factor) + half) >> right


def _looked_up(magnitude: Integers, bits: int) -> Integers:
    table, cell = _sigmoid_table(), magnitude >> bits
    low, high = (table[np.minimum(cell + i, 255)] for i in (0, 1))
    between: Integers = (low << bits) + (magnitude & ((1 << bits) - 1)) * (high - low)
    return between


def wide_logistic(values: Integers, scale: float) -> Integers:
    """``integer_ops/logistic.h``: outputs in 2**-15."""
    x = _in_24ths(values, scale, (0,))
    magnitude = np.abs(x)
    share = np.where(magnitude >> 9 >= 255, 0x7FFF << 10, _looked_up(magnitude, 9))
    result: Integers = np.where(x >= 0, share + 512, (1 << 25) - share + 511) >> 10
    return result


def wide_tanh(values: Integers, scale: float) -> Integers:
    """``integer_ops/tanh.h``: outputs in 2**-15."""
    return tanh_of_24ths(_in_24ths(values, scale, (0, 1)))


def tanh_of_24ths(x: Integers) -> Integers:
    """The same of inputs in steps of 1 / (3 * 4096)."""
    magnitude = np.abs(x)
    share = np.where(magnitude >> 8 >= 255, 0xFFFF << 8, _looked_up(magnitude, 8))
    result: Integers = np.where(x >= 0, share - (1 << 23) + 128, (1 << 23) - share + 127) >> 8
    return result
