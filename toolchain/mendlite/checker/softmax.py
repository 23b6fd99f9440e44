"""int8 SOFTMAX (``reference/softmax.h`` on gemmlowp's ``fixedpoint.h``), in int64.

Exponentials have five integer bits, their sum twelve.
"""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import (
    INT32_MAX,
    INT32_MIN,
    Integers,
    divide_by_power,
    high_mul,
    quantize_multiplier,
)

FACTORS = (
    (-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535),
    (3, 720401), (4, 242),
)  # fmt: skip
"""exp(-2**e) in Q0.31, by e."""


def shift_left(x: Integers, bits: int) -> Integers:
    """``x`` * 2**bits, saturated at the ends of int32."""
    return np.clip(x << bits, INT32_MIN, INT32_MAX)


def _exp_quarter(a: Integers) -> Integers:
    """``exp_on_interval_between_negative_one_quarter_and_0_excl``, Q0.31."""
    x = a + (1 << 28)
    square = high_mul(x, x)
    cube, fourth = high_mul(square, x), high_mul(square, square)
    tail = high_mul(divide_by_power(fourth, 2) + cube, 715827883) + square
    return 1895147668 + high_mul(x + divide_by_power(tail, 1), 1895147668)


def exp_on_negative_values(a: Integers, integer_bits: int) -> Integers:
    """e**a of values <= 0 with so many integer bits, up to 5, in Q0.31."""
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_quarter(shift_left(within, integer_bits))
    rest = within - a
    for exponent, factor in FACTORS[: integer_bits + 2]:
        bit = rest & (1 << (fraction + exponent))
        result = np.where(bit != 0, high_mul(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def two_over_one_plus(a: Integers) -> Integers:
    """2 / (1 + a) for a in [0, 1), Q0.31, as Q2.29: Newton's division, three steps."""
    half = (a + INT32_MAX + 1) // 2
    x = 1515870810 + high_mul(half, -1010580540)
    for _ in range(3):
        missing = (1 << 29) - high_mul(half, x)
        x = x + shift_left(high_mul(x, missing), 2)
    return x


def one_over_one_plus(a: Integers) -> Integers:
    """``one_over_one_plus_x_for_x_in_0_1`` of Q0.31, in Q0.31."""
    return shift_left(two_over_one_plus(a), 1)


def softmax(values: Integers, scale: float, beta: float) -> Integers:
    """Stored outputs of stored inputs over the last axis, for scale 1/256 and zero-point -128."""
    real = min(beta * scale * 2**26, 2.0**31 - 1.0)
    multiplier, left = quantize_multiplier(real, single=False)
    smallest = -int(np.floor(31 * 2.0**26 / 2.0**left))
    diff = values - values.max(axis=-1, keepdims=True)
    counted = diff >= smallest
    scaled = high_mul(np.where(counted, diff, 0) << max(left, 0), multiplier)
    exps = np.where(counted, exp_on_negative_values(scaled, 5), 0)
    total = divide_by_power(exps, 12).sum(axis=-1, keepdims=True)
    headroom = np.vectorize(lambda v: 32 - int(v).bit_length(), otypes=[np.int64])(total)
    share = one_over_one_plus((total << headroom) - (1 << 31))
    shifted = divide_by_power(high_mul(exps, share), 12 - headroom + 23)
    return np.where(counted, np.clip(shifted - 128, -128, 127), -128)
