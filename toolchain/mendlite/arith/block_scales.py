"""Dense layers of int4 weights with a scale for each block, as XNNPACK computes them.

Each row of float activations is quantized to int8 by its own range, the integers of a block are
summed exactly, and the blocks' sums are added in float32, each times its scale. XNNPACK rounds the
scales to bfloat16, so that each of these products is exact in float32.

Sources: ``xnn_f32_qd8_asymmetric_quantization_params`` and ``f32-qs8-vcvt`` of XNNPACK for the
rows, ``qd8-f32-qb4w-gemm`` and its packing for the sums. Its kernels for single processors add a
block in several parts: where the scales of one row span many powers of two, so that float32 rounds
their sums, the last bits differ between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOW, HIGH = np.float32(-128), np.float32(127)

EXACT_BLOCK = 2**24 // (128 * 8)
"""Weights of a block up to which float32 sums the products of int8 and int4 exactly."""


def bfloat16(scales: NDArray[np.floating[Any]]) -> Floats:
    """Positive numbers rounded to bfloat16, halves to even, as float32."""
    bits = np.ascontiguousarray(scales, np.float32).view(np.uint32)
    rounded = (bits + (np.uint32(0x7FFF) + ((bits >> 16) & 1))) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)


def quantize_rows(rows: Floats) -> tuple[NDArray[np.int8], Floats, NDArray[np.int32]]:
    """int8 rows [n, K], float32 steps [n] and zero-points [n]: the range includes zero.

    Values times the reciprocal of the step are rounded with halves to even.
    """
    low = np.minimum(rows.min(axis=1, initial=0.0), 0).astype(np.float32)
    high = np.maximum(rows.max(axis=1, initial=0.0), 0).astype(np.float32)
    empty = low == high
    inverse = np.where(empty, np.float32(1), (HIGH - LOW) / np.where(empty, 1, high - low))
    inverse = inverse.astype(np.float32)
    below, above = low * inverse, high * inverse
    zero = np.where((LOW + below) + (HIGH + above) > 0, LOW - below, HIGH - above)
    zero = np.rint(np.clip(zero, LOW, HIGH)).astype(np.int32)
    steps = np.rint(rows * inverse[:, None]) + zero[:, None].astype(np.float32)
    return np.clip(steps, LOW, HIGH).astype(np.int8), np.float32(1) / inverse, zero


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockProducts:
    """Rows f32[n, K] → float32 outputs [n, C] of weights int4[C, K] with scales [C, K / size].

    ``bias`` f32[C]; None without one. ``low`` and ``high`` are the activation's ends.
    """

    weights: NDArray[np.int8]
    scale: Floats
    bias: Floats | None
    low: float
    high: float

    def __call__(self, rows: Floats) -> Floats:
        """The outputs; what is added is added block after block."""
        quantized, step, zero = quantize_rows(rows.astype(np.float32))
        total = -(zero.astype(np.float32)[:, None] * self._scaled_sums())
        for block in range(self.scale.shape[1]):
            total += self._products(quantized, block) * self.scale[:, block]
        # The product of two float32 is exact in float64: one rounding with the bias, as a fused
        # multiply-add has it.
        real: NDArray[np.float64] = total.astype(np.float64) * step[:, None].astype(np.float64)
        if self.bias is not None:
            real = real + self.bias
        ends = np.float32(self.low), np.float32(self.high)
        outputs: Floats = np.clip(real.astype(np.float32), *ends)
        return outputs

    def _span(self, block: int) -> slice:
        size = self.weights.shape[1] // self.scale.shape[1]
        return slice(block * size, (block + 1) * size)

    def _products(self, quantized: NDArray[np.int8], block: int) -> Floats:
        """The sums f32[n, C] of one block: exact integers, then rounded to float32."""
        span = self._span(block)
        kind = np.float32 if span.stop - span.start <= EXACT_BLOCK else np.float64
        sums: Floats = quantized[:, span].astype(kind) @ self.weights[:, span].T.astype(kind)
        return sums.astype(np.float32, copy=False)

    def _scaled_sums(self) -> Floats:
        """The sums of weights times their scales, f32[C]: what a zero-point of 1 takes off."""
        total = np.zeros(len(self.weights), np.float32)
        for block in range(self.scale.shape[1]):
            sums = self.weights[:, self._span(block)].sum(axis=1, dtype=np.int64)
            total += sums.astype(np.float32) * self.scale[:, block]
        return total
