"""int8 curves that TFLite tabulates in float32: ELU, EXP, LOG, GELU and SQRT.

Source: ``LUTPopulate`` (``internal/common.h``). The C library's exponentials are within an ulp or
two of the true value: no table is made where an entry lies so near a tie.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.conversion import round_half_away
from mendlite.arith.error_function import erf
from mendlite.arith.steps import Steps

Floats = NDArray[np.float64]

UNSURE = 8 * 2.0**-24
"""Parts of a value by which a C library's float32 result may be off, with the product behind it."""

HALF, ONE = np.float64(0.5), np.float64(1)
TANH_FACTOR = 0.7978845608028654
"""sqrt(2 / pi)."""


def elu(x: Floats) -> Floats:
    """X above 0, e**x - 1 below."""
    small = np.maximum(np.minimum(x, 0.0), -0.5)
    below = np.where(
        x < small, elementary.exp(np.minimum(x, 0.0)) - 1, elementary.expm1_small(small)
    )
    return np.where(x < 0, below, x)


def gelu(x: Floats) -> Floats:
    """X times the normal distribution's share below it."""
    return HALF * x * (ONE + erf(x / np.sqrt(2.0)))


def gelu_by_tanh(x: Floats) -> Floats:
    """The approximation of ``gelu`` by tanh."""
    return HALF * x * (ONE + elementary.tanh(TANH_FACTOR * (x + 0.044715 * x * x * x)))


INT32_END = np.float32(2**31)


def float_table(curve: Callable[[Floats], Floats], steps: Steps) -> NDArray[np.int8] | None:
    """Outputs i8[256] of the int8 inputs -128 to 127; None where an entry is not sure.

    Nor is one sure whose steps leave int32: the kernel's conversion of it is undefined.
    """
    offsets = (np.arange(-128, 128) - steps.zero_point).astype(np.float32)
    inverse = np.float32(1) / np.float32(steps.output_scale)
    with np.errstate(over="ignore", invalid="ignore"):
        real = curve((np.float32(steps.scale) * offsets).astype(np.float64))
        scaled = real.astype(np.float32) * inverse
    if not bool((np.abs(scaled) < INT32_END).all()):
        return None
    away = np.abs(np.abs(scaled - np.trunc(scaled)).astype(np.float64) - 0.5)
    inside = np.abs(scaled.astype(np.float64) + steps.output_zero_point) < 2**9
    if (inside & (away <= UNSURE * np.maximum(np.abs(scaled), 1.0))).any():
        return None
    stored = round_half_away(scaled).astype(np.float64) + steps.output_zero_point
    return np.clip(stored, -128, 127).astype(np.int8)


def sqrt_table(steps: Steps) -> NDArray[np.int8] | None:
    """SQRT of the inputs -128 to 127, cut to a whole number; below 0 as of 0.

    None where a root's steps leave int32: the kernel's conversion of it is undefined.

    Source: ``SqrtEvalQuantized``, which takes none below 0. IEEE 754 rounds root and quotient
    correctly everywhere.
    """
    offsets = np.maximum(np.arange(-128, 128) - steps.zero_point, 0).astype(np.float32)
    with np.errstate(over="ignore"):
        roots = np.sqrt(np.float32(steps.scale) * offsets) / np.float32(steps.output_scale)
    if not bool((roots < INT32_END).all()):
        return None
    cut = np.trunc(roots).astype(np.int64) + steps.output_zero_point
    table: NDArray[np.int8] = np.clip(cut, -128, 127).astype(np.int8)
    return table
