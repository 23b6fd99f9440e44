"""Integer curves of one input: LEAKY_RELU, HARD_SWISH and RSQRT of TFLite, in exact integers.

Sources: ``reference_ops::QuantizeLeakyRelu``, ``HardSwish`` (``hard_swish.h``), the preparations of
``activations.cc``, and ``RsqrtEvalQuantized`` (``elementwise.cc``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
    times_real,
)
from mendlite.arith.inverse_root import inverse_root

Ints = NDArray[np.int64]

HIGHEST_16 = 2**15 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The quantization of an input and of an output, and how a kernel rounds."""

    scale: float
    zero_point: int
    output_scale: float
    output_zero_point: int
    rounding: Rounding

    def scaled(self, values: Ints, real: float) -> Ints:
        """``values`` times a real multiplier."""
        return times_real(values, real, self.rounding)


def leaky(steps: Steps, values: Ints, alpha: float) -> Ints:
    """LEAKY_RELU of stored ``values``; the multipliers are float32 quotients."""
    scale, output = np.float32(steps.scale), np.float32(steps.output_scale)
    centred = values - steps.zero_point
    kept = steps.scaled(centred, float(scale / output))
    cut = steps.scaled(centred, float(scale * np.float32(alpha) / output))
    return np.where(centred >= 0, kept, cut) + steps.output_zero_point


def hard_swish(steps: Steps, values: Ints) -> Ints:
    """HARD_SWISH of stored ``values`` in 16-bit fixed point."""
    fine = np.float32(1) / np.float32(128) * np.float32(steps.scale)
    by, right = _multiplier_16(float(fine / np.float32(steps.output_scale)))
    relu_by, relu_left = _multiplier_16(float(fine / (np.float32(3) / np.float32(32768))))
    high = (values - steps.zero_point) << 7
    unshifted = _high_product(high, by)
    gate = _left(high, relu_left - 1) if relu_left > 0 else high
    gate = _high_product(gate, relu_by)
    if relu_left > 0:
        gate = _left(gate, 1)
    elif relu_left < 0:
        gate = rounding_divide_by_pot(gate, -relu_left)
    gate = (gate + 2**15) >> 1
    # Divided towards zero, without rounding.
    product = np.minimum(np.trunc(gate * unshifted / 2**15), HIGHEST_16).astype(np.int64)
    return rounding_divide_by_pot(product, -right) + steps.output_zero_point


def hard_swish_ratio(scale: float, output_scale: float) -> float:
    """s_x / (128 s_y), the real multiplier of the output; infinite where it leaves float32."""
    fine = np.float32(1) / np.float32(128) * np.float32(scale)
    with np.errstate(over="ignore"):
        return float(fine / np.float32(output_scale))


def hard_swish_exponent(scale: float, output_scale: float) -> int:
    """The shift of the output's multiplier, which the kernels need to be 0 or less."""
    return _multiplier_16(hard_swish_ratio(scale, output_scale))[1]


def _multiplier_16(real: float) -> tuple[int, int]:
    """(multiplier of 16 bits, shift): ``DownScaleInt32ToInt16Multiplier``."""
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real))
    if multiplier >= 2**31 - 1 - 2**15:
        return HIGHEST_16, shift
    return (multiplier + 2**15) >> 16, shift


def _high_product(values: Ints, by: int) -> Ints:
    """``SaturatingRoundingDoublingHighMul`` of 16 bits."""
    result: Ints = (values * by + 2**14) >> 15
    return np.minimum(result, HIGHEST_16)


def _left(values: Ints, bits: int) -> Ints:
    return np.clip(values << bits, -(2**15), HIGHEST_16)


ROOT_SHIFT = 20
"""Bits by which RSQRT keeps its root an integer."""


def inverse_square_root(steps: Steps, values: Ints, real: float) -> Ints:
    """RSQRT of stored int8 ``values``, 127 for real 0; ``real`` is its output multiplier.

    Values below 0 are given as real 0: no kernel takes them.
    """
    centred = np.maximum(values - steps.zero_point, 0)
    roots, shift = inverse_root(centred)
    one = np.ones_like(centred)
    data = multiply_by_quantized_multiplier(one, roots, shift + ROOT_SHIFT, steps.rounding)
    multiplier, power = quantize_multiplier(real, steps.rounding)
    scaled = multiply_by_quantized_multiplier(data, multiplier, power - ROOT_SHIFT, steps.rounding)
    return np.where(centred == 0, 127, scaled + steps.output_zero_point)
