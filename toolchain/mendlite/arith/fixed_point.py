"""TFLite's fixed-point multiplication, in exact integers.

Sources: ``tensorflow/lite/kernels/internal/quantization_util.cc`` (QuantizeMultiplier),
``internal/common.h`` (MultiplyByQuantizedMultiplier with and without TFLITE_SINGLE_ROUNDING)
and gemmlowp's ``fixedpoint.h``. A real multiplier is ``multiplier * 2**(shift - 31)``.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, unique

import numpy as np
from numpy.typing import ArrayLike, NDArray

INT32_MAX = 2**31 - 1
INT32_MIN = -(2**31)


def wrap_int32(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """``x`` modulo 2**32 as an int32: what two's complement leaves of a sum that overflows."""
    return x.astype(np.int32).astype(np.int64)


def saturate_int32(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """``x`` within int32: what a sum that overflows would be were it only cut off."""
    return np.clip(x, INT32_MIN, INT32_MAX)


Overflow = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""What becomes of integers that leave int32: ``wrap_int32`` or ``saturate_int32``."""


@unique
class Rounding(Enum):
    """How an int32 is multiplied by a quantized multiplier."""

    DOUBLE = "double"
    """Rounding doubling high multiplication, then a rounding shift: rounds twice."""
    SINGLE = "single"
    """One 64-bit product, one rounding shift."""


def quantize_multiplier(
    real: ArrayLike, rounding: Rounding = Rounding.DOUBLE
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``QuantizeMultiplier``: (multiplier, shift) i64[C] of real multipliers f64[C] >= 0.

    multiplier is 0 or in [2**30, 2**31). Below 2**-32 both are 0; in a build with single
    rounding a shift above 30 is saturated. Raises ValueError for a negative value or NaN.
    """
    values = np.atleast_1d(np.asarray(real, np.float64))
    if not np.all(values >= 0) or not np.all(np.isfinite(values)):
        raise ValueError("a multiplier must be finite and not negative")
    fraction, exponent = np.frexp(values)
    # TfLiteRound rounds half away from zero; fractions are positive.
    multiplier = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    shift = exponent.astype(np.int64)
    full = multiplier == 2**31
    multiplier = np.where(full, multiplier // 2, multiplier)
    shift = np.where(full, shift + 1, shift)
    tiny = (shift < -31) | (multiplier == 0)
    multiplier, shift = np.where(tiny, 0, multiplier), np.where(tiny, 0, shift)
    if rounding is Rounding.SINGLE:
        multiplier = np.where(shift > 30, INT32_MAX, multiplier)
        shift = np.minimum(shift, 30)
    return multiplier, shift


def doubling_high_mul(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Gemmlowp's SaturatingRoundingDoublingHighMul of int32 values: (2ab + 2**31) >> 32.

    Its truncating division with a sign-dependent nudge equals floor((ab + 2**30) / 2**31).
    The one saturating case is a = b = -2**31.
    """
    result: NDArray[np.int64] = (a * b + (1 << 30)) >> 31
    return np.minimum(result, INT32_MAX)


def rounding_divide_by_pot(x: NDArray[np.int64], exponent: ArrayLike) -> NDArray[np.int64]:
    """Gemmlowp's RoundingDivideByPOT: x / 2**exponent, half away from zero; exponent >= 0."""
    power = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << power) - 1
    threshold = (mask >> 1) + (x < 0)
    result: NDArray[np.int64] = (x >> power) + ((x & mask) > threshold)
    return result


def multiply_by_quantized_multiplier(
    x: NDArray[np.int64],
    multiplier: ArrayLike,
    shift: ArrayLike,
    rounding: Rounding,
    overflow: Overflow = wrap_int32,
) -> NDArray[np.int64]:
    """``MultiplyByQuantizedMultiplier``: round(x * multiplier * 2**(shift - 31)), i64.

    ``x`` holds int32 values; multiplier and shift broadcast against it. What leaves int32 wraps as
    it does on devices (``overflow``): a left shift before, a single rounding after the product.
    """
    factor, power = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    if rounding is Rounding.SINGLE:
        total = 31 - power
        return overflow((x * factor + (np.int64(1) << (total - 1))) >> total)
    left, right = np.maximum(power, 0), np.maximum(-power, 0)
    shifted = overflow(x << left) if left.any() else x
    return rounding_divide_by_pot(doubling_high_mul(shifted, factor), right)


def times_real(x: NDArray[np.int64], real: ArrayLike, rounding: Rounding) -> NDArray[np.int64]:
    """Int32 values ``x`` times real multipliers, quantized and rounded as these kernels do."""
    return multiply_by_quantized_multiplier(x, *quantize_multiplier(real, rounding), rounding)


def requantized(
    x: NDArray[np.int64],
    by: tuple[ArrayLike, ArrayLike],
    rounding: Rounding,
    zero_point: int,
    overflow: Overflow = wrap_int32,
) -> NDArray[np.int64]:
    """``x`` times ``by``, a multiplier and its shift, plus a zero-point, which may wrap, too."""
    scaled = multiply_by_quantized_multiplier(x, *by, rounding, overflow)
    return overflow(scaled + zero_point)
