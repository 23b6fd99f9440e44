"""LEAKY_RELU, HARD_SWISH, ELU, GELU, EXP, LOG, SQRT and RSQRT of stored values.

Written from ``reference_ops::QuantizeLeakyRelu``, ``hard_swish.h``, ``elementwise.cc`` and
``LUTPopulate``. C libraries differ in the last bits of a curve: a table of which an entry lies too
near a tie is not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mendlite.checker.real_curves import REAL
from mendlite.checker.roots import inverse_root
from mendlite.checker.rounding import (
    Integers,
    divide_by_power,
    half_away,
    quantize_multiplier,
    scale_by,
)
from mendlite.checker.step import Array, RunningOperator

POSITIVE = frozenset({"SQRT", "RSQRT"})

LARGEST_16 = 2**15 - 1


def least_input(step: RunningOperator) -> int | None:
    """The smallest stored input that the operator is defined for; None for all."""
    return step.tensor(0).zero if step.op.name in POSITIVE else None


def alpha_of(step: RunningOperator) -> float:
    """LEAKY_RELU's slope below 0."""
    return float(step.op.option(0, "f"))


def leaky_multipliers(step: RunningOperator) -> tuple[float, float]:
    """(s_x / s_y, alpha s_x / s_y), in float32."""
    scale, output = np.float32(step.tensor(0).scale), np.float32(step.output.scale)
    with np.errstate(all="ignore"):
        return float(scale / output), float(scale * np.float32(alpha_of(step)) / output)


def _leaky(step: RunningOperator, values: Integers) -> Integers:
    centred = values - step.tensor(0).zero
    kept, cut = (step.scaled(centred, real) for real in leaky_multipliers(step))
    return np.where(centred >= 0, kept, cut) + step.output.zero


def swish_ratios(step: RunningOperator) -> tuple[float, float]:
    """s_x / 128 in the output's steps, and in steps of 3 / 2**15 (the gate's)."""
    fine = np.float32(1) / np.float32(128) * np.float32(step.tensor(0).scale)
    gate = np.float32(3) / np.float32(32768)
    return float(fine / np.float32(step.output.scale)), float(fine / gate)


def swish_multipliers(step: RunningOperator) -> tuple[tuple[int, int], tuple[int, int]]:
    """(multiplier of 16 bits, exponent) of the two ratios."""
    output, gate = swish_ratios(step)
    return _of_16_bits(output), _of_16_bits(gate)


def _of_16_bits(real: float) -> tuple[int, int]:
    """``DownScaleInt32ToInt16Multiplier``."""
    factor, exponent = quantize_multiplier(real, single=False)
    return min((factor + 2**15) >> 16, LARGEST_16), exponent


def _high_16(values: Integers, factor: int) -> Integers:
    """``SaturatingRoundingDoublingHighMul`` of int16."""
    result: Integers = np.minimum((values * factor + 2**14) >> 15, LARGEST_16)
    return result


def _left_16(values: Integers, bits: int) -> Integers:
    return np.clip(values << bits, -(2**15), LARGEST_16)


def _hard_swish(step: RunningOperator, values: Integers) -> Integers:
    (factor, exponent), (gate_factor, gate_exponent) = swish_multipliers(step)
    fine = (values - step.tensor(0).zero) << 7
    gate = _left_16(fine, gate_exponent - 1) if gate_exponent > 0 else fine
    gate = _high_16(gate, gate_factor)
    gate = _left_16(gate, 1) if gate_exponent > 0 else divide_by_power(gate, -gate_exponent)
    product = ((gate + 2**15) >> 1) * _high_16(fine, factor)
    # C's division truncates.
    high = np.where(product >= 0, product >> 15, -((-product) >> 15))
    return divide_by_power(np.minimum(high, LARGEST_16), -exponent) + step.output.zero


def root_multiplier(step: RunningOperator) -> float:
    """1 / (sqrt(s_x) s_y), of LiteRT's the divisor in float32."""
    scale, output = step.tensor(0).scale, step.output.scale
    if step.profile == "tflite_ref":
        root = np.float64(np.sqrt(np.float32(scale)) * np.float32(output))
    else:
        root = np.sqrt(np.float64(scale)) * output
    return float(1.0 / root)


def _inverse_root(step: RunningOperator, values: Integers) -> Integers:
    centred = np.maximum(values - step.tensor(0).zero, 0)
    roots, shifts = inverse_root(centred)
    whole = scale_by(np.ones_like(centred), roots, shifts + 20, single=step.single)
    factor, shift = quantize_multiplier(root_multiplier(step), single=step.single)
    steps = scale_by(whole, factor, shift - 20, single=step.single) + step.output.zero
    return np.where(centred == 0, 127, steps)


INT32_END = np.float32(2**31)


def _require_int32(step: RunningOperator, steps: Array) -> None:
    """The kernel's conversion of a larger value, or of no number, is undefined."""
    if not np.all(np.abs(steps) < INT32_END):
        raise step.unsupported("a value of its table is too large for int32")


def _root(step: RunningOperator, values: Integers) -> Integers:
    """Cut to a whole number; a root and a quotient are rounded alike everywhere."""
    centred = np.maximum(values - step.tensor(0).zero, 0).astype(np.float32)
    roots = np.sqrt(np.float32(step.tensor(0).scale) * centred) / np.float32(step.output.scale)
    _require_int32(step, roots)
    cut: Integers = np.trunc(roots).astype(np.int64)
    return cut + step.output.zero


NEAREST = 2.0**-20
"""Parts of a value by which float32 results of two C libraries may be apart."""


def _tabled(step: RunningOperator, values: Integers) -> Integers:
    centred = (values - step.tensor(0).zero).astype(np.float32) * np.float32(step.tensor(0).scale)
    with np.errstate(over="ignore"):
        real = REAL[step.op.name](centred.astype(np.float64), step).astype(np.float32)
    if step.op.name == "LOG":
        least = np.float32(-128 - step.output.zero) * np.float32(step.output.scale)
        real = np.where(centred > 0, real, least)
    with np.errstate(over="ignore"):
        scaled = real * (np.float32(1) / np.float32(step.output.scale))
    _require_int32(step, scaled)
    apart = np.abs(np.abs(scaled - np.trunc(scaled)).astype(np.float64) - 0.5)
    inside = np.abs(scaled.astype(np.float64) + step.output.zero) < 2**9
    if np.any(inside & (apart <= NEAREST * np.maximum(np.abs(scaled), 1.0))):
        raise step.unsupported("a value of its table is too near a tie")
    return half_away(scaled).astype(np.int64) + step.output.zero


CURVES: Mapping[str, Callable[[RunningOperator, Integers], Integers]] = {
    "LEAKY_RELU": _leaky,
    "HARD_SWISH": _hard_swish,
    "RSQRT": _inverse_root,
    "SQRT": _root,
    **dict.fromkeys(("ELU", "GELU", "EXP", "LOG"), _tabled),
}
