"""int8 DIV by constants, one pair of bytes after the other (``DivElementwise`` of ``div.h``)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mendlite.checker.rounding import high, over_power, quantize_multiplier
from mendlite.checker.softmax import one_over_one_plus
from mendlite.checker.step import Array, RunningOperator

DEEPEST = 31
"""Bits of the last right shift up to which C defines it; it may not be a left one."""


def quotient_multiplier(step: RunningOperator) -> float:
    """s_1 / (s_2 s_y), in float32 in LiteRT and in double in TFLite Micro."""
    kind = np.float32 if step.profile == "tflite_ref" else np.float64
    first, second, output = (kind(t.scale) for t in (step.tensor(0), step.tensor(1), step.output))
    with np.errstate(all="ignore"):
        return float(first / (second * output))


def last_shift(numerator: int, divisor: int, left: int) -> int:
    """Bits by which the quotient is shifted right; ``left`` is the multiplier's own shift."""
    signed = -numerator if divisor < 0 else numerator
    # CountLeadingSignBits.
    free = 32 - (2 * -signed - 1).bit_length() if signed < 0 else 31 - signed.bit_length()
    return abs(divisor).bit_length() - 1 + free - left


@lru_cache(2**16)
def _quotient(numerator: int, divisor: int, factor: int, left: int) -> int:
    """The quotient in steps of the output, less its zero-point."""
    signed = -numerator if divisor < 0 else numerator
    free = last_shift(numerator, divisor, left) - (abs(divisor).bit_length() - 1) + left
    mantissa = (abs(divisor) << (32 - abs(divisor).bit_length())) - (1 << 31)
    inverse = int(one_over_one_plus(np.array(mantissa, np.int64)))
    wide = high(signed << free, inverse)
    return over_power(high(wide, factor), last_shift(numerator, divisor, left))


def run_division(step: RunningOperator) -> Array:
    """DIV of int8."""
    factor, left = quantize_multiplier(quotient_multiplier(step), single=False)
    first, second = (
        v.astype(np.int64) - step.tensor(slot).zero for slot, v in enumerate(step.aligned(0, 1))
    )
    first, second = np.broadcast_arrays(first, second)
    pairs, places = np.unique(first * 512 + second, return_inverse=True)
    found = [
        _quotient(int(pair + 256) // 512, int((pair + 256) % 512 - 256), factor, left)
        for pair in pairs
    ]
    low, high_end = step.bounds(0)
    table = np.clip(np.array(found, np.int64) + step.output.zero, low, high_end)
    return step.lowered(table.astype(np.int8)[places.reshape(first.shape)])
