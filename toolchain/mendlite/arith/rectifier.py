"""int8 RELU, RELU6 and RELU_N1_TO_1 of TFLite, in exact integers, as tables of all inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import (
    Rounding,
    quantize_multiplier,
    requantized,
)

INPUTS: NDArray[np.int64] = np.arange(-128, 128, dtype=np.int64)


def rectifier_table(
    *,
    scales: tuple[float, float],
    zero_points: tuple[int, int],
    low: int,
    high: int,
    rounding: Rounding,
    real: type[np.floating[Any]],
) -> NDArray[np.int8]:
    """Outputs i8[256] of the inputs -128 to 127: requantized, then clamped to [low, high].

    ``scales`` and ``zero_points`` are those of input and output. Source: ``QuantizedReluX`` and
    ``ReluPrepare`` (``activations.cc``), which divides the scales in float32; TFLite Micro's
    ``activations_common.cc`` divides them in double: ``real`` selects which.
    """
    ratio = float(real(scales[0]) / real(scales[1]))
    multiplier, shift = quantize_multiplier(ratio, rounding)
    centred = INPUTS - zero_points[0]
    output = requantized(centred, (multiplier, shift), rounding, zero_points[1])
    return np.clip(output, low, high).astype(np.int8)


def clamp_table(low: int, high: int) -> NDArray[np.int8]:
    """The inputs -128 to 127 clamped to [low, high], i8[256].

    Source: ``Relu6Quantized`` of TFLite Micro, which takes the output's quantization to be the
    input's and does not look at it.
    """
    return np.clip(INPUTS, low, high).astype(np.int8)
