"""int8 LOGISTIC and TANH of TFLite Micro, in exact integers, as tables of all inputs.

Source: ``reference_integer_ops::Logistic`` and ``Tanh`` with their preparations
(``logistic_common.cc``, ``tanh.cc``) on gemmlowp's ``logistic`` and ``tanh``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import (
    exp_on_negative_values,
    one_minus_over_one_plus,
    one_over_one_plus,
)
from mendlite.arith.fixed_point import (
    INT32_MAX,
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)

INTEGER_BITS = 4


def logistic_table(scale: float, zero_point: int, rounding: Rounding) -> NDArray[np.int8]:
    """Outputs i8[256] (scale 1/256, zero-point -128) of the int8 inputs -128 to 127."""

    def curve(raw: NDArray[np.int64]) -> NDArray[np.int64]:
        return rounding_divide_by_pot(_logistic(raw), 31 - 8) - 128

    return _table(curve, scale, zero_point, rounding)


def tanh_table(scale: float, zero_point: int, rounding: Rounding) -> NDArray[np.int8]:
    """Outputs i8[256] (scale 1/128, zero-point 0) of the int8 inputs -128 to 127."""

    def curve(raw: NDArray[np.int64]) -> NDArray[np.int64]:
        return rounding_divide_by_pot(_tanh(raw), 31 - 7)

    return _table(curve, scale, zero_point, rounding)


def _table(
    curve: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    scale: float,
    zero_point: int,
    rounding: Rounding,
) -> NDArray[np.int8]:
    """Outputs i8[256] of a curve from Q4.27 to int8 that saturates where Q4.27 ends."""
    real = scale * 2.0 ** (31 - INTEGER_BITS)
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real, rounding))
    # ``CalculateInputRadius``: beyond it the input leaves Q4.27.
    largest = (2.0**INTEGER_BITS - 1) * 2.0 ** (31 - INTEGER_BITS)
    radius = int(np.floor(largest / 2.0**shift))
    x = np.arange(-128, 128, dtype=np.int64) - zero_point
    inside = np.abs(x) < radius
    raw = multiply_by_quantized_multiplier(np.where(inside, x, 0), multiplier, shift, rounding)
    curved = np.clip(curve(raw), -128, 127)
    return np.where(inside, curved, np.where(x > 0, 127, -128)).astype(np.int8)


def _logistic(raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 / (1 + exp(-x)) of Q4.27, in Q0.31."""
    positive = one_over_one_plus(exp_on_negative_values(-np.abs(raw), INTEGER_BITS))
    share = np.where(raw > 0, positive, INT32_MAX - positive)
    return np.where(raw == 0, 1 << 30, share)


def _tanh(raw: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tanh of Q4.27, in Q0.31: (1 - exp(-2|x|)) / (1 + exp(-2|x|)) with the sign of x."""
    # The same bits with one more integer bit are twice the value (``ExactMulByPot<1>``).
    magnitude = one_minus_over_one_plus(exp_on_negative_values(-np.abs(raw), INTEGER_BITS + 1))
    return np.sign(raw) * magnitude
