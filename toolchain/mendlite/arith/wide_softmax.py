"""int16 SOFTMAX of TFLite, in exact integers on two tables with straight lines between.

Source: ``SoftmaxInt16`` (``reference/softmax.h``), ``LUTPopulate`` and ``LUTLookup``
(``internal/common.h``). LiteRT computes the tables in double, TFLite Micro in float.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.conversion import round_half_away
from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

LOW, HIGH = -(2**15), 2**15 - 1
STEPS = 512
"""Table entries, and one more at the end: 128 inputs apart."""

Integers = NDArray[np.int64]
Function = Callable[[NDArray[Any]], NDArray[Any]]


def _table(function: Function, step: Any, zero_point: int) -> Integers:
    """``LUTPopulateInt16``: entries i64[513] for inputs of scale ``step``, outputs in Q0.15.

    Each entry is moved by half of what a straight line to the next is off in the middle. All is
    computed in the type of ``step``.
    """
    real: Any = type(step)

    def at(x: NDArray[Any]) -> NDArray[Any]:
        return function(x).astype(real)

    first, last = step * real(LOW - zero_point), step * real(HIGH - zero_point)
    width = real(2.0) / real(HIGH - LOW)
    # As the kernel has it: the output's range is 65535 steps of ``width``.
    inverse = real(2**16) / (width * real(HIGH) - width * real(LOW))
    stride = (last - first) / real(STEPS)
    places = np.arange(STEPS + 1).astype(real)
    here = first + places[:-1] * stride
    values, following = at(here), at(first + places[1:] * stride)
    middle = round_half_away(at(here + stride / real(2)) * inverse)
    sample = round_half_away(values * inverse)
    line = round_half_away((following * inverse + sample) / real(2))
    moved = sample - round_half_away((line - middle) / real(2))
    end = round_half_away(at(np.array([last])) * inverse)
    entries: Integers = np.clip(np.concatenate([moved, end]), LOW, HIGH).astype(np.int64)
    return entries


@cache
def _tables(*, narrow: bool) -> tuple[Integers, Integers]:
    """exp(x) over -10 to 0, and 1 / (1 + x) over 0 to 1; ``narrow``: in float32."""
    real: Any = np.float32 if narrow else np.float64
    steps = real(HIGH - LOW)
    return (
        _table(elementary.exp, real(10.0) / steps, HIGH),
        _table(lambda x: real(1) / (real(1) + x), real(1.0) / steps, LOW),
    )


def _look_up(table: Integers, x: Integers) -> Integers:
    """``LUTLookup`` of int16 values."""
    place = 256 + (x >> 7)
    base = table[place]
    slope = (table[place + 1] - base).astype(np.int16).astype(np.int64)
    result: Integers = (base + ((slope * (x & 127) + 64) >> 7)).astype(np.int16).astype(np.int64)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class WideSoftmax:
    """A prepared softmax over the last axis.

    ``multiplier`` and ``shift`` bring differences to the row's largest to 65535 steps of 10;
    ``narrow``: the tables are computed in float32.
    """

    multiplier: Integers
    shift: Integers
    rounding: Rounding
    narrow: bool

    def __call__(self, x: NDArray[np.int16]) -> NDArray[np.int16]:
        """Outputs of scale 2**-15 and zero-point 0."""
        values = x.astype(np.int64)
        exp_table, reciprocal_table = _tables(narrow=self.narrow)
        below = values - values.max(axis=-1, keepdims=True)
        scaled = multiply_by_quantized_multiplier(below, self.multiplier, self.shift, self.rounding)
        exps = _look_up(exp_table, np.clip(scaled + HIGH, LOW, HIGH))
        total = exps.sum(axis=-1, keepdims=True)
        # frexp's exponent of a positive integer is its bit length.
        headroom = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)
        shifted = ((total << (headroom - 1)) + (1 << 13)) >> 14
        reciprocal = _look_up(reciprocal_table, np.clip(shifted - (1 << 15) - (1 << 16), LOW, HIGH))
        right = 31 - headroom
        shares = (exps * reciprocal + (np.int64(1) << (right - 1))) >> right
        result: NDArray[np.int16] = np.clip(shares, 0, HIGH).astype(np.int16)
        return result


def softmax_multiplier(scale: float, beta: float) -> float:
    """The real multiplier of an input of this scale."""
    return scale * beta / (10.0 / 65535.0)


def make_wide_softmax(
    scale: float, beta: float, rounding: Rounding, *, narrow: bool
) -> WideSoftmax:
    """Prepare the softmax of an int16 input of this scale; ``narrow``: tables in float32."""
    multiplier, shift = quantize_multiplier(softmax_multiplier(scale, beta), rounding)
    return WideSoftmax(
        multiplier=multiplier,
        shift=shift,
        rounding=rounding,
        narrow=narrow,
    )
