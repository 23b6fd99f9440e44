"""Bias correction: remove each channel's mean shift with its int32 bias.

Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction",
section 4.2, on measured activations, and one-sided where the target saturates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.system import accumulators, column_sums, residuals, squared_error
from mendlite.model.layer_system import LayerRepair, LayerSystem

ROUNDS = 12
"""Rounds of majorisation; a one-sided mean moves in ever smaller steps."""

BIAS_LIMIT = 2**31 - 1


def round_mean(residual: NDArray[np.int64], fraction_bits: int) -> NDArray[np.int64]:
    """Nearest integer accumulator step i64[C] to the mean residual of each channel."""
    return nearest_mean(column_sums(residual), len(residual), fraction_bits)


def nearest_mean(total: NDArray[np.int64], count: int, fraction_bits: int) -> NDArray[np.int64]:
    """Nearest integer accumulator step i64[C] to the mean of ``count`` residuals of this sum.

    Ties go up; all in integers, so that the result is the same on every machine.
    """
    denominator = count << fraction_bits
    nearest: NDArray[np.int64] = (2 * total + denominator) // (2 * denominator)
    return nearest


def correct_bias(system: LayerSystem) -> LayerRepair:
    """Repair only the biases. Raises ValueError where the layer has none to edit."""
    if system.bias is None:
        raise ValueError("the layer has no bias to correct")
    acc = accumulators(system) - system.bias
    bias = best = system.bias
    before = best_error = squared_error(residuals(system, acc + bias))
    for _ in range(ROUNDS):
        residual = residuals(system, acc + bias)
        step = np.where(system.editable, round_mean(residual, system.fraction_bits), 0)
        bias = np.clip(bias + step, -BIAS_LIMIT, BIAS_LIMIT)
        error = squared_error(residuals(system, acc + bias))
        better = error < best_error
        best, best_error = np.where(better, bias, best), np.where(better, error, best_error)
        if not np.any(step):
            break
    return LayerRepair(weights=system.weights, bias=best, before=before, after=best_error)
