"""What TFLite's preparations compute before a kernel runs: real multipliers, activation bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import round_half_away


def effective_scale(
    input_scale: float, weights: NDArray[np.float64], output_scale: float, *, narrow: bool
) -> NDArray[np.float64]:
    """Real multipliers s_x * s_w / s_y, f64[C] or f64[1].

    ``PopulateConvolutionQuantizationParams``. ``narrow``: s_x * s_w is a float32 product
    (``GetQuantizedConvolutionMultipler``).
    """
    if narrow:
        product = np.float32(input_scale) * weights.astype(np.float32)
        return np.asarray(product, np.float64) / output_scale
    return input_scale * weights / output_scale


def activation_range(
    scale: float, zero_point: int, bounds: tuple[float, float], limits: tuple[int, int]
) -> tuple[int, int]:
    """Real ``bounds`` in a quantization, within ``limits``.

    ``CalculateActivationRangeQuantized``: zero_point + round(bound / scale) in float32.
    """
    ends = list(limits)
    for end, bound in enumerate(bounds):
        if np.isfinite(bound):
            step = int(round_half_away(np.asarray(np.float32(bound) / np.float32(scale))))
            ends[end] = int(np.clip(zero_point + step, *limits))
    return ends[0], ends[1]
