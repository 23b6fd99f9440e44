"""int8 LOG_SOFTMAX of TFLite's reference kernel and of TFLite Micro, in exact integers.

Source: ``LogSoftmaxQuantized`` (``internal/reference/log_softmax.h``; LiteRT's
``integer_ops/log_softmax.h``) and ``PreprocessLogSoftmaxScalingExp``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import exp_on_negative_values
from mendlite.arith.fixed_logarithm import logarithm
from mendlite.arith.fixed_point import (
    INT32_MIN,
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)

INPUT_BITS, SUM_BITS, OUTPUT_BITS = 5, 12, 4
"""Integer bits of a scaled difference, of the sum of exponentials, and of an output."""

SCALE, ZERO_POINT = 16.0 / 256, 127
"""The output's."""

TERMS_BELOW = 2**SUM_BITS
"""Exponentials up to 1 whose sum fits."""

LEAST_SHIFT = 2
"""Below this left shift of the input's multiplier its reciprocal is not below 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSoftmax:
    """A prepared LOG_SOFTMAX of an int8 input.

    By the difference 0 ... 255 from the row's largest value: ``scaled`` i64[256] in Q5.26, and
    ``exps`` i64[256] its exponential in Q12.19, 0 where it does not count. ``reverse`` is the
    multiplier and shift from Q5.26 back to steps of the input.
    """

    scaled: NDArray[np.int64]
    exps: NDArray[np.int64]
    diff_min: int
    reverse: tuple[NDArray[np.int64], NDArray[np.int64]]
    rounding: Rounding

    def __call__(self, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """Over the last axis."""
        values = x.astype(np.int64)
        below = values.max(axis=-1, keepdims=True) - values
        total = logarithm(self.exps[below].sum(axis=-1, keepdims=True), SUM_BITS, INPUT_BITS)
        least = multiply_by_quantized_multiplier(total + INT32_MIN, *self.reverse, self.rounding)
        counted = -below > np.maximum(self.diff_min - 1, least)
        steps = rounding_divide_by_pot(self.scaled[below] - total, 31 - INPUT_BITS - OUTPUT_BITS)
        shown = np.clip(steps + ZERO_POINT, -128, 127)
        return np.where(counted, shown, -128).astype(np.int8)


def input_multiplier(scale: float, rounding: Rounding = Rounding.DOUBLE) -> tuple[int, int]:
    """(multiplier, shift) from steps of an input of this scale to Q5.26."""
    real = min(scale * 2.0 ** (31 - INPUT_BITS), 2.0**31 - 1.0)
    multiplier, shift = quantize_multiplier(real, rounding)
    return int(multiplier[0]), int(shift[0])


def make_log_softmax(scale: float, rounding: Rounding) -> LogSoftmax:
    """Prepare the LOG_SOFTMAX of an int8 input of this scale."""
    multiplier, shift = input_multiplier(scale, rounding)
    diff_min = -int(np.floor(((1 << INPUT_BITS) - 1) * 2.0 ** (31 - INPUT_BITS) / 2.0**shift))
    diff = -np.arange(256, dtype=np.int64)
    inside = diff >= diff_min
    scaled = multiply_by_quantized_multiplier(
        np.where(inside, diff, 0), multiplier, shift, rounding
    )
    exps = rounding_divide_by_pot(exp_on_negative_values(scaled, INPUT_BITS), SUM_BITS)
    return LogSoftmax(
        scaled=scaled,
        exps=np.where(inside, exps, 0),
        diff_min=diff_min,
        reverse=quantize_multiplier(2.0 ** (31 - shift) / multiplier, rounding),
        rounding=rounding,
    )
