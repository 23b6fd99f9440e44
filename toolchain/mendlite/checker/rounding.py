"""TFLite's fixed-point multiplication, written down as its sources have it, in int64.

``quantization_util.cc`` (QuantizeMultiplier), gemmlowp's ``fixedpoint.h`` and ``common.h``
(MultiplyByQuantizedMultiplier, with and without TFLITE_SINGLE_ROUNDING).
"""

from __future__ import annotations

from math import floor, frexp
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

INT32_MAX, INT32_MIN = 2**31 - 1, -(2**31)


def quantize_multiplier(real: float, *, single: bool) -> tuple[int, int]:
    """(multiplier, shift) of a real multiplier >= 0."""
    if real == 0:
        return 0, 0
    fraction, shift = frexp(real)
    fixed = floor(fraction * 2**31 + 0.5)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    if shift < -31:
        return 0, 0
    if single and shift > 30:
        return INT32_MAX, 30
    return fixed, shift


def high_mul(a: Integers, b: Any) -> Integers:
    """SaturatingRoundingDoublingHighMul: (ab + nudge) / 2**31, truncated, of int32 values."""
    product = a * np.asarray(b, np.int64)
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    # C's division truncates.
    quotient: Integers = np.where(nudged >= 0, nudged >> 31, -((-nudged) >> 31))
    return np.minimum(quotient, INT32_MAX)


def divide_by_power(x: Integers, exponent: Any) -> Integers:
    """RoundingDivideByPOT: x / 2**exponent, ties away from zero."""
    mask = (np.int64(1) << np.asarray(exponent, np.int64)) - 1
    threshold = (mask >> 1) + np.where(x < 0, 1, 0)
    result: Integers = (x >> exponent) + np.where((x & mask) > threshold, 1, 0)
    return result


def wrapped(x: Integers) -> Integers:
    """``x`` modulo 2**32, as an int32 keeps it."""
    result: Integers = ((x + 2**31) & (2**32 - 1)) - 2**31
    return result


def scale_by(x: Integers, multiplier: Any, shift: Any, *, single: bool) -> Integers:
    """MultiplyByQuantizedMultiplier of int32 values, which wraps; the others broadcast."""
    factor, power = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    if single:
        total = 31 - power
        result: Integers = (x * factor + (np.int64(1) << (total - 1))) >> total
        return wrapped(result)
    left = wrapped(x << np.maximum(power, 0))
    return divide_by_power(high_mul(left, factor), np.maximum(-power, 0))


def scale_each(x: Integers, real: NDArray[np.float64], *, single: bool) -> Integers:
    """``x`` [..., C] times real multipliers [C] or [1]."""
    pairs = [quantize_multiplier(float(r), single=single) for r in real]
    return scale_by(x, [m for m, _ in pairs], [s for _, s in pairs], single=single)


def half_away(x: NDArray[Any]) -> NDArray[Any]:
    """TfLiteRound: half away from zero, in the input's own type."""
    whole = np.trunc(x)
    step: NDArray[Any] = np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0).astype(x.dtype)
    result: NDArray[Any] = whole + step
    return result


def high(a: int, b: int) -> int:
    """SaturatingRoundingDoublingHighMul of two Python integers."""
    product = a * b
    nudged = product + ((1 << 30) if product >= 0 else 1 - (1 << 30))
    quotient = abs(nudged) >> 31
    return min(quotient if nudged >= 0 else -quotient, INT32_MAX)


def over_power(x: int, exponent: int) -> int:
    """``x`` / 2**exponent, ties away from zero."""
    whole, rest = divmod(abs(x), 1 << exponent)
    size = whole + (2 * rest >= 1 << exponent)
    return size if x >= 0 else -size
