"""Real multipliers that the fixed-point arithmetic can hold."""

from __future__ import annotations

from math import frexp, isfinite

from mendlite.prepare.view import Preparation

LARGEST_EXPONENT = 30
"""``MultiplyByQuantizedMultiplier`` shifts by at most 30: a larger ``1 << shift`` is undefined."""


def require_multiplier(view: Preparation, real: float, what: str) -> None:
    """Raise MalformedModelError where ``real`` (``what`` names its scales) does not fit.

    Source: ``QuantizeMultiplier`` (``quantization_util.cc``): the mantissa is rounded to 31 bits
    first. Below 2^-32 the multiplier is 0, which is accepted.
    """
    if isfinite(real) and real >= 0:
        fraction, exponent = frexp(real)
        if exponent + (round(fraction * 2**31) >= 2**31) <= LARGEST_EXPONENT:
            return
    raise view.wrong(f"its multiplier {what} is {real:g}, not below 2^{LARGEST_EXPONENT}")
