"""Accumulators to int8, bit-exact and fast.

``y = clamp(zero_point + MultiplyByQuantizedMultiplier(acc, m_c, s_c), low, high)``. Almost all
values are decided by one float32 product; only those so near a rounding tie that float32, or
the first of two roundings, could decide otherwise are computed again in int64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

FLOAT_ERROR = 2.0**-13
"""Bounds the float32 error of acc * real: three roundings of 2**-24 each, relative, of a
product that matters only below 2**9 (beyond, the clamp decides; see ``_screen``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requantizer:
    """Requantization of C channels (or of 1 for all).

    ``multiplier``, ``shift`` i64[C]; ``real`` f32[C] approximates their value; ``safe``
    f32[C] is the largest distance from an integer at which float32 cannot be wrong.
    ``low`` and ``high`` are the activation's bounds in the output type ``dtype``.
    """

    multiplier: NDArray[np.int64]
    shift: NDArray[np.int64]
    rounding: Rounding
    zero_point: int
    low: int
    high: int
    dtype: np.dtype[Any]
    real: NDArray[np.float32]
    safe: NDArray[np.float32]

    @staticmethod
    def of(
        real: ArrayLike,
        *,
        rounding: Rounding,
        zero_point: int,
        low: int,
        high: int,
        dtype: np.dtype[Any],
    ) -> Requantizer:
        """Prepare the requantization by the real multipliers f64[C]."""
        multiplier, shift = quantize_multiplier(real, rounding)
        twice = 0.5 * np.exp2(np.minimum(shift, 0)) if rounding is Rounding.DOUBLE else 0.0
        return Requantizer(
            multiplier=multiplier,
            shift=shift,
            rounding=rounding,
            zero_point=zero_point,
            low=low,
            high=high,
            dtype=dtype,
            real=(multiplier * np.exp2(shift - 31.0)).astype(np.float32),
            safe=(0.5 - FLOAT_ERROR - twice + np.zeros(multiplier.size)).astype(np.float32),
        )

    def __call__(self, acc: NDArray[Any]) -> NDArray[Any]:
        """Requantize accumulators [..., C] that hold int32 values in any numeric dtype."""
        flat = acc.reshape(-1, acc.shape[-1])
        result, doubtful = self._screen(flat)
        if doubtful.size:
            exact = self.exact(flat.reshape(-1)[doubtful], doubtful % flat.shape[1])
            result.reshape(-1)[doubtful] = exact
        return result.astype(self.dtype).reshape(acc.shape)

    def _screen(self, acc: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Values by float32, and the flat indices of those that it cannot decide."""
        product = acc.astype(np.float32) if acc.dtype != np.float32 else acc
        product = product * self.real
        result = np.rint(product)
        np.subtract(product, result, out=product)
        np.abs(product, out=product)
        doubtful = np.flatnonzero(product > self.safe)
        result += self.zero_point
        np.clip(result, self.low, self.high, out=result)
        return result, doubtful

    def exact(self, acc: NDArray[Any], channel: NDArray[np.int64]) -> NDArray[np.int64]:
        """The kernel's own integers for accumulators [n] of the given channels [n]."""
        at = channel if self.multiplier.size > 1 else np.zeros_like(channel)
        scaled = multiply_by_quantized_multiplier(
            acc.astype(np.int64), self.multiplier[at], self.shift[at], self.rounding
        )
        clamped: NDArray[np.int64] = np.clip(scaled + self.zero_point, self.low, self.high)
        return clamped


def accumulator_threshold(
    quantizer: Requantizer, channel: NDArray[np.int64], value: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Smallest int32 accumulator T with requantized output >= value, i64[n], by bisection.

    The output is monotone in the accumulator, so ``output >= value`` exactly where
    ``acc >= T``. 2**31 where no int32 reaches the value, -2**31 where all do.
    """
    low = np.full(channel.shape, -(2**31), np.int64)
    high = np.full(channel.shape, 2**31, np.int64)
    while np.any(low < high):
        middle = (low + high) >> 1
        reached = quantizer.exact(middle, channel) >= value
        high, low = np.where(reached, middle, high), np.where(reached, low, middle + 1)
        low = np.minimum(low, high)
    return high
