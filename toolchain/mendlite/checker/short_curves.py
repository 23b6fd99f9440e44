"""The logistic function and tanh of 16 bits that LiteRT's LSTM computes (gemmlowp's fixedpoint.h).

Values are int16 with ``bits`` integer bits, in int64 arrays; what gemmlowp adds or subtracts
plainly wraps at 16 bits, what it shifts up saturates.
"""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import Integers, divide_by_power
from mendlite.checker.softmax import FACTORS

LEAST, MOST = -(2**15), 2**15 - 1

WORD = 16
"""Bits by which gemmlowp's constants of 32 bits are shortened, with rounding."""


def _short(constant: int) -> int:
    return (constant + (1 << (WORD - 1))) >> WORD


EIGHTH, THIRD = _short(1895147668), _short(715827883)
"""exp(-1/8) and 1/3 in Q0.15."""

GUESS, SLOPE = _short(1515870810), -_short(1010580540)
"""48/17 and -32/17 in Q2.13: the first guess of a reciprocal."""


def _wrapped(x: Integers) -> Integers:
    return ((x + 2**15) & 0xFFFF) - 2**15


def _times(a: Integers, b: Integers | int) -> Integers:
    """SaturatingRoundingDoublingHighMul of int16 values: halves go up, towards the larger."""
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    # C's division truncates.
    quotient = np.sign(nudged) * (np.abs(nudged) >> 15)
    return np.asarray(np.minimum(quotient, MOST))


def _up(x: Integers, bits: int) -> Integers:
    return np.asarray(np.clip(x * 2**bits, LEAST, MOST))


def _exp_quarter(a: Integers) -> Integers:
    """``exp_on_interval_between_negative_one_quarter_and_0_excl`` of Q0.15."""
    x = _wrapped(a + 2**12)
    square = _times(x, x)
    cube, fourth = _times(square, x), _times(square, square)
    tail = _times(_wrapped(divide_by_power(fourth, 2) + cube), THIRD)
    series = _wrapped(x + divide_by_power(_wrapped(tail + square), 1))
    return np.clip(EIGHTH + _times(series, EIGHTH), LEAST, MOST)


def _exp_of_negative(a: Integers, bits: int) -> Integers:
    """``exp_on_negative_values``: e**a of a <= 0, in Q0.15."""
    fraction = 15 - bits
    quarter = 2 ** (fraction - 2)
    within = a % quarter - quarter
    power = _exp_quarter(_up(within, bits))
    rest = _wrapped(within - a)
    for exponent, factor in FACTORS[: bits + 2]:
        whole = rest & 2 ** (fraction + exponent)
        power = np.where(whole == 0, power, _times(power, _short(factor)))
    if bits > 5:
        # The factors reach to e**-32.
        power = np.where(a < -32 * 2**fraction, 0, power)
    return np.where(a == 0, MOST, power)


def _reciprocal(a: Integers) -> Integers:
    """2 / (1 + a) of Q0.15 in [0, 1), in Q2.13: Newton's division."""
    half = (a + MOST + 1) // 2
    x = _wrapped(GUESS + _times(half, SLOPE))
    for _ in range(3):
        missing = _wrapped(2**13 - _times(half, x))
        x = _wrapped(x + _up(_times(x, missing), 2))
    return x


def short_logistic(x: Integers) -> Integers:
    """1 / (1 + e**-x) of Q3.12, in Q0.15."""
    share = _up(_reciprocal(_exp_of_negative(-np.abs(x), 3)), 1)
    return np.where(x == 0, 2**14, np.where(x > 0, share, MOST - share))


def short_tanh(x: Integers, bits: int) -> Integers:
    """Tanh of values with so many integer bits, 0 to 6, in Q0.15."""
    of_twice = _exp_of_negative(-np.abs(x), bits + 1)
    magnitude = _up(_wrapped(_reciprocal(of_twice) - 2**13), 2)
    return np.sign(x) * magnitude
