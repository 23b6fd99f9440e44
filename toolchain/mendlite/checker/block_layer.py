"""A dense layer of int4 weights with a scale for each block, as XNNPACK has it (qd8-f32-qb4w)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.step import Array, RunningOperator
from mendlite.checker.tensor import BlockView

Floats = NDArray[np.float32]


def run_blocks(step: RunningOperator, blocks: BlockView) -> Array:
    """The float32 output: sums of a block exact, their products with the scales exact, too."""
    weights: NDArray[np.float64] = step.values[1].astype(np.float64)
    scales = _shortened(blocks.scale)
    rows = step.values[0].astype(np.float32).reshape(-1, weights.shape[1])
    stored, unit, zero = _quantized(rows)
    ends = range(0, weights.shape[1], blocks.size)
    spans = [slice(begin, begin + blocks.size) for begin in ends]
    taken = np.zeros(len(weights), np.float32)
    for block, span in enumerate(spans):
        taken = taken + weights[:, span].sum(axis=1).astype(np.float32) * scales[:, block]
    total = np.float32(0) - zero.reshape(-1, 1) * taken
    for block, span in enumerate(spans):
        sums = (stored[:, span].astype(np.float64) @ weights[:, span].T).astype(np.float32)
        total = total + sums * scales[:, block]
    bias = step.bias()
    real = total.astype(np.float64) * unit.reshape(-1, 1)
    real = (real if bias is None else real + bias).astype(np.float32)
    low, high = (np.float32(end) for end in step.activation(0))
    return np.clip(real, low, high).reshape(-1, *step.output.shape[1:])


def _shortened(scales: Floats) -> Floats:
    """Positive float32 rounded to their upper 16 bits, ties to even."""
    bits = scales.view(np.uint32).astype(np.uint64)
    kept, rest = bits >> 16, bits & 0xFFFF
    up = (rest > 0x8000) | ((rest == 0x8000) & (kept % 2 == 1))
    rounded: Floats = ((kept + up) << 16).astype(np.uint32).view(np.float32)
    return rounded


def _quantized(rows: Floats) -> tuple[Floats, Floats, Floats]:
    """Stored values, units and zero-points of each row, whose range includes zero."""
    least, most = (np.asarray(end(rows, axis=1), np.float32) for end in (np.min, np.max))
    least, most = np.minimum(least, 0), np.maximum(most, 0)
    flat = most == least
    steps = np.where(flat, np.float32(1), np.float32(255) / np.where(flat, 1, most - least))
    steps = steps.astype(np.float32)
    first, last = least * steps, most * steps
    nearer = (first - np.float32(128)) + (last + np.float32(127)) > 0
    zero = np.where(nearer, np.float32(-128) - first, np.float32(127) - last)
    zero = np.rint(np.clip(zero, -128, 127)).astype(np.float32)
    stored = np.rint(rows * steps.reshape(-1, 1)) + zero.reshape(-1, 1)
    return np.clip(stored, -128, 127), np.float32(1) / steps, zero
