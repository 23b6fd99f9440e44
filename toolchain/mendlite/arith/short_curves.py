"""gemmlowp's logistic and tanh of int16 fixed-point values, in exact integers, as tables.

Source: ``fixedpoint.h`` on FixedPoint<int16, m>: m integer bits, 15 - m fraction bits. LiteRT's
LSTM computes its gates with them (``ApplySigmoid``, ``ApplyTanh`` of ``portable_tensor_utils.cc``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import rounding_divide_by_pot

Words = NDArray[np.int64]

LEAST, MOST = -(2**15), 2**15 - 1

MOST_INTEGER_BITS = 6
"""Integer bits up to which LiteRT has a tanh."""


def _wrap(x: Words) -> Words:
    """``x`` modulo 2**16 as an int16."""
    return x.astype(np.int16).astype(np.int64)


def _left(x: Words, bits: int) -> Words:
    """``x`` times 2**``bits``, saturated."""
    return np.clip(x << bits, LEAST, MOST)


def _high_mul(a: Words, b: Words | int) -> Words:
    """SaturatingRoundingDoublingHighMul of int16 values."""
    result: Words = (a * b + (1 << 14)) >> 15
    return np.minimum(result, MOST)


def _constant(word: int) -> int:
    """A constant that gemmlowp states in 32 bits, in 16."""
    return int(rounding_divide_by_pot(np.asarray(word, np.int64), 16))


_EXP_FACTORS = tuple(
    _constant(word)
    for word in (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
)
"""exp(-2**e) in Q0.15 for e = -2 ... 4: the barrel shifter of exp_on_negative_values."""

_EXP_CENTRE, _THIRD = _constant(1895147668), _constant(715827883)
_FIRST_GUESS, _SLOPE = _constant(1515870810), _constant(-1010580540)


def _exp_small(a: Words) -> Words:
    """Exp of Q0.15 in [-1/4, 0): a Taylor polynomial around -1/8."""
    x = _wrap(a + (1 << 12))
    x2 = _high_mul(x, x)
    x3, x4 = _high_mul(x2, x), _high_mul(x2, x2)
    inner = _high_mul(_wrap(rounding_divide_by_pot(x4, 2) + x3), _THIRD)
    high = rounding_divide_by_pot(_wrap(inner + x2), 1)
    return np.clip(_EXP_CENTRE + _high_mul(_wrap(x + high), _EXP_CENTRE), LEAST, MOST)


def _exp_on_negative(a: Words, integer_bits: int) -> Words:
    """Exp of values <= 0 with so many integer bits, in Q0.15."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_small(_left(within, integer_bits))
    remainder = _wrap(within - a)
    for power, factor in enumerate(_EXP_FACTORS, -2):
        if integer_bits > power:
            bit = (remainder >> (fraction + power)) & 1
            result = np.where(bit != 0, _high_mul(result, factor), result)
    if integer_bits > 5:
        clamp = _constant(-(1 << (36 - integer_bits)))
        result = np.where(a < clamp, 0, result)
    return np.where(a == 0, MOST, result)


def _reciprocal_of_half(x: Words) -> Words:
    """2 / (1 + x) of Q0.15 values in [0, 1), in Q2.13: three Newton steps."""
    half = (x + MOST + 1) // 2
    estimate = _wrap(_FIRST_GUESS + _high_mul(half, _SLOPE))
    for _ in range(3):
        left = _wrap((1 << 13) - _high_mul(half, estimate))
        estimate = _wrap(estimate + _left(_high_mul(estimate, left), 2))
    return estimate


@cache
def short_logistic() -> NDArray[np.int16]:
    """Outputs i16[65536] in Q0.15 of the int16 inputs in Q3.12, rising."""
    x = np.arange(LEAST, MOST + 1, dtype=np.int64)
    # -(-2**15) wraps to itself, and is taken as the negative number that it is.
    positive = _left(_reciprocal_of_half(_exp_on_negative(-np.abs(x), 3)), 1)
    result = np.where(x > 0, positive, MOST - positive)
    return np.where(x == 0, 1 << 14, result).astype(np.int16)


@cache
def short_tanh(integer_bits: int) -> NDArray[np.int16]:
    """Outputs i16[65536] in Q0.15 of the int16 inputs with so many integer bits, rising."""
    x = np.arange(LEAST, MOST + 1, dtype=np.int64)
    estimate = _reciprocal_of_half(_exp_on_negative(-np.abs(x), integer_bits + 1))
    size = _left(_wrap(estimate - (1 << 13)), 2)
    return np.where(x == 0, 0, np.where(x < 0, -size, size)).astype(np.int16)
