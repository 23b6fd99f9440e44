"""Accumulators of layers with int16 activations to int16, each runtime in its own arithmetic.

Sources: ``MultiplyByQuantizedMultiplier`` of an int64 (``internal/common.cc``), which keeps 16 bits
of the multiplier, and ``FullyConnected`` with scales in double
(``reference/integer_ops/fully_connected.h`` of LiteRT).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mendlite.arith.conversion import round_half_away
from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    wrap_int32,
)

Integers = NDArray[np.int64]

REACH_BELOW = 2**47
"""An int64 accumulator beyond this may leave int64 when it is multiplied."""

SHIFT_BELOW = 8
"""An int64 accumulator is shifted left by fewer bits than this (an assertion of the kernel)."""


def reduced_multiplier(multiplier: ArrayLike) -> Integers:
    """The 31 bits of a quantized multiplier rounded to 15, as the kernel keeps them."""
    whole = np.asarray(multiplier, np.int64)
    return np.where(whole < 0x7FFF0000, (whole + (1 << 15)) >> 16, 0x7FFF)


def multiply_wide(x: Integers, multiplier: ArrayLike, shift: ArrayLike) -> Integers:
    """round(x * multiplier * 2**(shift - 31)) of int64 accumulators below ``REACH_BELOW``.

    Ties round up, whatever the rounding profile. ``shift`` is below ``SHIFT_BELOW``. A result
    that leaves int32 wraps.
    """
    right = 15 - np.asarray(shift, np.int64)
    total = x * reduced_multiplier(multiplier) + (np.int64(1) << (right - 1))
    return wrap_int32(total >> right)


def may_leave_int64(reach: ArrayLike, multiplier: Integers, shift: Integers) -> NDArray[np.bool_]:
    """Whether int64 accumulators up to ``reach`` leave the bounds within which all is defined.

    Those of the accumulator and the shift, and int32 once scaled. All broadcast.
    """
    largest = np.asarray(reach, np.float64)
    scaled = largest * multiplier * np.exp2(shift - 31.0)
    over: NDArray[np.bool_] = (largest >= REACH_BELOW) | (scaled >= 2**31 - 2**9)
    return over | (shift >= SHIFT_BELOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class WideRequantizer:
    """Requantization of C channels (or of 1 for all) to int16, whose zero-point is 0.

    ``scaled`` maps accumulators i64[..., C] to output steps i64[..., C]; ``low`` and ``high`` are
    the activation's bounds.
    """

    scaled: Callable[[Integers], Integers]
    low: int
    high: int

    def __call__(self, acc: NDArray[Any]) -> NDArray[np.int16]:
        """Requantize accumulators [..., C] that hold whole numbers in any numeric dtype."""
        steps = self.scaled(acc.astype(np.int64))
        result: NDArray[np.int16] = np.clip(steps, self.low, self.high).astype(np.int16)
        return result


def from_int64(real: ArrayLike) -> Callable[[Integers], Integers]:
    """Scaling of int64 accumulators by real multipliers f64[C], in 16 bits."""
    multiplier, shift = quantize_multiplier(real)
    return lambda acc: multiply_wide(acc, multiplier, shift)


def from_int32(real: ArrayLike, rounding: Rounding) -> Callable[[Integers], Integers]:
    """Scaling of int32 accumulators, which wrap, by real multipliers f64[C]."""
    multiplier, shift = quantize_multiplier(real, rounding)
    return lambda acc: multiply_by_quantized_multiplier(
        wrap_int32(acc), multiplier, shift, rounding
    )


def in_double(real: NDArray[np.float64], *, narrow: bool) -> Callable[[Integers], Integers]:
    """Scaling in float64, rounded half away from zero; ``narrow``: int32 accumulators that wrap."""

    def scaled(acc: Integers) -> Integers:
        whole = wrap_int32(acc) if narrow else acc
        return round_half_away(whole.astype(np.float64) * real).astype(np.int64)

    return scaled
