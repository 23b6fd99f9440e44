"""BATCH_MATMUL, SQUARED_DIFFERENCE, PRELU and DIV."""

from __future__ import annotations

from typing import Any

import numpy as np

from mendlite.checker.division import run_division
from mendlite.checker.rounding import Integers, wrapped
from mendlite.checker.step import Array, RunningOperator


def _stored(step: RunningOperator, steps: Integers) -> Array:
    limits = np.iinfo(np.dtype(str(step.output.dtype)))
    ended = np.clip(wrapped(steps + step.output.zero), limits.min, limits.max)
    return step.lowered(ended.astype(limits.dtype))


def matrix_multiplier(step: RunningOperator) -> float:
    """s_1 s_2 / s_y, the product in float32, but in TFLite Micro since October 2026."""
    kind: Any = np.float64 if step.profile == "tflm_2026_10" else np.float32
    product = kind(step.tensor(0).scale) * kind(step.tensor(1).scale)
    return float(product) / step.output.scale


def run_matrices(step: RunningOperator) -> Array:
    """BATCH_MATMUL; options 0 and 1 turn a matrix."""
    turned = [
        np.swapaxes(v, -1, -2) if step.op.option(slot, "?") else v
        for slot, v in enumerate(step.aligned(0, 1))
    ]
    if step.kind(0) == "float32":
        first, second = (v.astype(np.float64) for v in turned)
        return step.lowered((first @ second).astype(np.float32))
    # Fewer than 2**15 products below 2**16: exact in a double.
    first, second = (v.astype(np.float64) - step.tensor(slot).zero for slot, v in enumerate(turned))
    sums = (first @ second).astype(np.int64)
    return _stored(step, step.scaled(sums, matrix_multiplier(step)))


def difference_multiplier(step: RunningOperator) -> float:
    """SQUARED_DIFFERENCE's last multiplier: of its divisor a product is one of float32."""
    twice = 2.0 * max(step.tensor(0).scale, step.tensor(1).scale)
    return twice * twice / float(np.float32(1 << 14) * np.float32(step.output.scale))


def run_squared_difference(step: RunningOperator) -> Array:
    """SQUARED_DIFFERENCE (``squared_difference.cc``: 7 bits of headroom)."""
    first, second = step.aligned(0, 1)
    if str(step.output.dtype) != "int8":
        return step.lowered(np.square(first - second))
    scales = step.tensor(0).scale, step.tensor(1).scale
    twice = 2.0 * max(scales)
    parts = [
        step.scaled((v.astype(np.int64) - step.tensor(slot).zero) << 7, scales[slot] / twice)
        for slot, v in enumerate((first, second))
    ]
    squares = wrapped(np.square(parts[0] - parts[1]))
    return _stored(step, step.scaled(squares, difference_multiplier(step)))


def prelu_multipliers(step: RunningOperator) -> tuple[float, float]:
    """(s_x / s_y, s_x s_a / s_y), in float32 in LiteRT."""
    kind: Any = np.float32 if step.profile == "tflite_ref" else np.float64
    x, slope, y = (kind(t.scale) for t in (step.tensor(0), step.tensor(1), step.output))
    with np.errstate(all="ignore"):
        return float(x / y), float(x * slope / y)


def run_prelu(step: RunningOperator) -> Array:
    """PRELU."""
    values, slopes = step.aligned(0, 1)
    if str(step.output.dtype) != "int8":
        return step.lowered(np.where(values >= 0, values, values * slopes))
    x, slope = (
        v.astype(np.int64) - step.tensor(slot).zero for slot, v in enumerate((values, slopes))
    )
    kept, cut = prelu_multipliers(step)
    return _stored(step, np.where(x >= 0, step.scaled(x, kept), step.scaled(x * slope, cut)))


def run_quotient(step: RunningOperator) -> Array:
    """DIV of float32 and int8."""
    if step.kind(0) == "int8":
        return run_division(step)
    first, second = step.aligned(0, 1)
    with np.errstate(all="ignore"):
        return step.lowered(np.clip(first / second, *step.activation(0)).astype(np.float32))
