"""int8 DIV of TFLite's reference kernel and of TFLite Micro, in exact integers.

Source: ``DivElementwise`` (``internal/reference/div.h``) and ``GetReciprocal`` (``common.h``). A
quotient is shifted right at last, by bits that depend on both values: by less than 0 or more than
31 bits no C compiler defines what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import one_over_one_plus
from mendlite.arith.fixed_logarithm import leading_zeros
from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    wrap_int32,
)

Integers = NDArray[np.int64]

DEEPEST = 31
"""Bits of the last shift up to which it is defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotient:
    """A prepared division: the ``zero_points`` of both inputs and the output, the multiplier.

    ``by`` are multiplier and shift of s_1 / (s_2 s_y).
    """

    zero_points: tuple[int, int, int]
    by: tuple[Integers, Integers]

    def _parts(self, x: Integers, y: Integers) -> tuple[Integers, Integers, Integers, Integers]:
        """Numerators, divisors above 0, the free bits before them, and the last right shift."""
        numerator, divisor = x - self.zero_points[0], y - self.zero_points[1]
        numerator = np.where(divisor < 0, -numerator, numerator)
        divisor = np.maximum(np.abs(divisor), 1)
        size = np.where(numerator < 0, -2 * numerator - 1, 2 * numerator)
        # CountLeadingSignBits: the sign is left out.
        headroom = np.where(numerator == 0, 31, leading_zeros(np.maximum(size, 1)))
        shift = (31 - leading_zeros(divisor)) + headroom - self.by[1]
        return numerator, divisor, headroom, shift

    def defined(self, x: Integers, y: Integers) -> NDArray[np.bool_]:
        """Whether the kernels' quotient of stored values that broadcast is defined."""
        shift = self._parts(x, y)[3]
        result: NDArray[np.bool_] = (y != self.zero_points[1]) & (shift >= 0) & (shift <= DEEPEST)
        return result

    def __call__(self, x: Integers, y: Integers) -> Integers:
        """Stored outputs before the clamp; some value where they are not defined."""
        numerator, divisor, headroom, shift = self._parts(x, y)
        zeros, double = leading_zeros(divisor), Rounding.DOUBLE
        reciprocal = one_over_one_plus((divisor << zeros) - (1 << 31))
        wide = multiply_by_quantized_multiplier(numerator, reciprocal, headroom, double)
        last = -np.clip(shift, 0, DEEPEST)
        found = multiply_by_quantized_multiplier(wide, self.by[0], last, double)
        return wrap_int32(found + self.zero_points[2])
