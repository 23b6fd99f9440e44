"""Accumulators to int8, bit-exact and fast.

``y = clamp(zero_point + MultiplyByQuantizedMultiplier(acc, m_c, s_c), low, high)``. Almost all
values are decided by one float32 product; only those so near a rounding tie that float32, or
the first of two roundings, could decide otherwise are computed again in int64.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mendlite.arith.fixed_point import (
    Overflow,
    Rounding,
    quantize_multiplier,
    requantized,
    saturate_int32,
    wrap_int32,
)
from mendlite.arith.tiling import repeats, tile

FLOAT_ERROR = 2.0**-12
"""Bounds the float32 error of acc * real + base: four roundings of 2**-24 each, relative, of
values that matter only below 2**9; beyond, the clamp decides."""

WIDEST = 0.24
"""Widest margin around a tie that the screening can tell; a larger one is computed exactly."""


def may_leave_int32(
    reach: ArrayLike, multiplier: NDArray[np.int64], shift: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether accumulators from -``reach`` - 1 to ``reach`` may wrap when they are requantized.

    They, shifted left, may come to 2**31, or the product may, with a zero-point added. All
    broadcast. Below, the output is monotone in the accumulator.
    """
    largest = np.asarray(reach, np.float64)
    shifted = largest * np.exp2(np.maximum(shift, 0).astype(np.float64))
    scaled = largest * multiplier * np.exp2(shift - 31.0)
    result: NDArray[np.bool_] = (shifted >= 2**31) | (scaled >= 2**31 - 2**9)
    return result


WRAPPING = 1.0
"""The margin of a channel whose accumulators may wrap."""


class _Vectors(NamedTuple):
    """What the screening multiplies, adds and compares with, each a long row f32."""

    real: NDArray[np.float32]
    base: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    twice_margin: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requantizer:
    """Requantization of C channels (or of 1 for all).

    ``multiplier``, ``shift`` i64[C]; ``low`` and ``high`` are the activation's bounds in the
    output type ``dtype`` (int8 or uint8). ``real`` f32[C] approximates the multiplier's value;
    within ``margin`` f32[C] of a tie float32 might round to the other side. Channels that may leave
    int32 have a margin beyond WIDEST: then all is computed exactly, and wraps.
    """

    multiplier: NDArray[np.int64]
    shift: NDArray[np.int64]
    rounding: Rounding
    zero_point: int
    low: int
    high: int
    dtype: np.dtype[Any]
    real: NDArray[np.float32]
    margin: NDArray[np.float32]
    _vectors: dict[tuple[int, int], _Vectors] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(
        real: ArrayLike,
        *,
        rounding: Rounding,
        zero_point: int,
        low: int,
        high: int,
        dtype: np.dtype[Any],
        reach: ArrayLike,
    ) -> Requantizer:
        """Prepare the requantization by the real multipliers f64[C].

        ``reach`` [C] or scalar: the accumulators lie within -reach - 1 to reach before they wrap.
        """
        multiplier, shift = quantize_multiplier(real, rounding)
        wraps = may_leave_int32(reach, multiplier, shift)
        # The first of two roundings moves a value by up to half a step of 2**shift.
        first = np.ldexp(0.5, np.minimum(shift, 0)) if rounding is Rounding.DOUBLE else 0.0
        return Requantizer(
            multiplier=multiplier,
            shift=shift,
            rounding=rounding,
            zero_point=zero_point,
            low=low,
            high=high,
            dtype=np.dtype(dtype),
            real=np.ldexp(multiplier.astype(np.float64), shift - 31).astype(np.float32),
            margin=np.where(wraps, WRAPPING, FLOAT_ERROR + first).astype(np.float32),
        )

    @property
    def wraps(self) -> bool:
        """Whether some accumulator, shifted and moved to the zero-point, may leave int32."""
        return bool(np.any(self.margin == WRAPPING))

    def __call__(self, acc: NDArray[Any]) -> NDArray[Any]:
        """Requantize accumulators [..., C] that hold int32 values in any numeric dtype."""
        flat = acc.reshape(-1, acc.shape[-1])
        if np.any(self.margin > WIDEST):
            channels = np.broadcast_to(np.arange(flat.shape[1]), flat.shape).reshape(-1)
            exact = self.exact(flat.reshape(-1), channels)
            return exact.astype(self.dtype).reshape(acc.shape)
        result, doubtful = self._screen(flat)
        if doubtful.size:
            exact = self.exact(flat.reshape(-1)[doubtful], doubtful % flat.shape[1])
            result.reshape(-1)[doubtful] = exact.astype(self.dtype)
        return result.reshape(acc.shape)

    def _screen(self, acc: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Values by float32, and the flat indices of those that it cannot decide.

        Works on values above the type's smallest, where truncation is the floor: half a step
        less the margin is added, then twice the margin; where that changes the integer, a tie
        is near.
        """
        count = repeats(*acc.shape)
        vectors = self._long_rows(count, acc.shape[1])
        values = acc.reshape(-1, count * acc.shape[1])
        above = values.astype(np.float32, copy=False) * vectors.real
        above += vectors.base
        np.maximum(above, vectors.low, out=above)
        np.minimum(above, vectors.high, out=above)
        result = above.astype(np.uint8)
        above += vectors.twice_margin
        doubtful = np.flatnonzero(result != above.astype(np.uint8))
        if self.dtype == np.int8:
            # 128 less, modulo 256.
            result ^= 128
        return result.view(self.dtype), doubtful

    def _long_rows(self, count: int, channels: int) -> _Vectors:
        """The screening's vectors for ``count`` rows of ``channels`` taken as one; kept."""
        key = (count, channels)
        if key not in self._vectors:
            smallest = np.iinfo(self.dtype).min
            base = np.float32(self.zero_point - smallest + 0.5) - self.margin
            low, high = np.array([self.low, self.high + 0.5], np.float32) - smallest
            columns = (self.real, base, low, high, 2 * self.margin)
            self._vectors[key] = _Vectors(*(tile(c, count, channels) for c in columns))
        return self._vectors[key]

    def exact(
        self, acc: NDArray[Any], channel: NDArray[np.int64], overflow: Overflow = wrap_int32
    ) -> NDArray[np.int64]:
        """The kernel's own integers for accumulators [n] of the given channels [n]."""
        at = channel if self.multiplier.size > 1 else np.zeros_like(channel)
        scaled = requantized(
            overflow(acc.astype(np.int64)),
            (self.multiplier[at], self.shift[at]),
            self.rounding,
            self.zero_point,
            overflow,
        )
        clamped: NDArray[np.int64] = np.clip(scaled, self.low, self.high)
        return clamped


def accumulator_threshold(
    quantizer: Requantizer, channel: NDArray[np.int64], value: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Smallest int32 accumulator T with requantized output >= value, i64[n], by bisection.

    The output is monotone in the accumulator, so ``output >= value`` exactly where
    ``acc >= T``. 2**31 where no int32 reaches the value, -2**31 where all do. Accumulators that
    would wrap count as if they were cut off instead: no layer that is repaired has them.
    """

    def reaches(acc: NDArray[np.int64], of: Any = slice(None)) -> Any:
        return quantizer.exact(acc, channel[of], saturate_int32) >= value[of]

    low, high = _bracket(quantizer, channel, value)
    # Nearly every threshold lies in its bracket; for the others begin with all of int32.
    low = np.where(reaches(low - 1), -(2**31), low)
    high = np.where(reaches(high), high, 2**31)
    while (wide := np.flatnonzero(low < high)).size:
        middle = (low[wide] + high[wide]) >> 1
        reached = reaches(middle, wide)
        high[wide] = np.where(reached, middle, high[wide])
        low[wide] = np.where(reached, low[wide], middle + 1)
    return high


def _bracket(
    quantizer: Requantizer, channel: NDArray[np.int64], value: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds near the accumulators whose real product is ``value`` less a half, i64[n] each.

    A first rounding moves a threshold by up to 1 / (2 q) accumulators, q in [0.5, 1) the
    multiplier's mantissa, and float64 by far less than 1.
    """
    at = channel if quantizer.multiplier.size > 1 else np.zeros_like(channel)
    real = np.ldexp(quantizer.multiplier.astype(np.float64), quantizer.shift - 31)[at]
    aimed = (value - quantizer.zero_point - 0.5) / np.where(real > 0, real, 1.0)
    near = np.clip(np.round(aimed), -(2.0**31) + 4, 2.0**31 - 4).astype(np.int64)
    return near - 3, near + 3
