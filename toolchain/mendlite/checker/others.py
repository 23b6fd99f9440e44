"""Pools, MEAN, SOFTMAX, QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from mendlite.checker import wide
from mendlite.checker.rounding import half_away, quantize_multiplier, scale_by, wrapped
from mendlite.checker.softmax import softmax
from mendlite.checker.step import Array, RunningOperator, axes_of, taps

LOWEST = -(2**40)
"""Below every stored value."""


def run_pool(step: RunningOperator) -> Array:
    """AVERAGE_POOL_2D and MAX_POOL_2D over what lies inside the input."""
    # Pool2DOptions: stride_w 1, stride_h 2, filter_width 3, filter_height 4, activation 5.
    size = int(step.op.option(4, "i")), int(step.op.option(3, "i"))
    stride = int(step.op.option(2, "i")), int(step.op.option(1, "i"))
    axes = axes_of(step, size, stride, (1, 1))
    real = step.kind(0) == "float32"
    x = step.values[0].astype(np.float64 if real else np.int64)
    bounds = step.activation(5) if real else step.bounds(5)
    if step.op.name == "MAX_POOL_2D":
        lowest = -np.inf if real else LOWEST
        unclipped = np.max([v for _, _, v in taps(x, axes, lowest)], axis=0)
    else:
        inside = np.sum([v for _, _, v in taps(np.ones_like(x[:1]), axes, 0)], axis=0)
        total = np.sum([v for _, _, v in taps(x, axes, 0)], axis=0)
        unclipped = total / inside if real else _rounded(total, inside)
    pooled: Array = np.clip(unclipped, *bounds).astype(step.values[0].dtype)
    return pooled


def _rounded(total: Array, count: Array) -> Array:
    """The mean total / count, ties away from zero, by C's truncating division."""
    half = count // 2
    return np.where(total > 0, (total + half) // count, -((half - total) // count))


def run_mean(step: RunningOperator) -> Array:
    """MEAN (``reduce.h``, QuantizedMeanOrSum: the count is divided out of the multiplier)."""
    rank, kind = len(step.tensor(0).shape), step.kind(0)
    reduced = sorted({axis % rank for axis in step.numbers(1)})
    axes, keep = tuple(axis + 1 for axis in reduced), bool(step.op.option(0, "?"))
    if kind == "float32":
        real = step.lifted(0).astype(np.float64)
        return step.lowered(np.asarray(real.mean(axis=axes, keepdims=keep), np.float32))
    if kind not in {"int8", "uint8", "int16"}:
        raise step.unsupported(kind)
    count = prod(step.tensor(0).shape[axis] for axis in reduced)
    real_factor = step.tensor(0).scale / step.output.scale
    multiplier, shift = quantize_multiplier(real_factor, single=step.single)
    up = min(63 - (64 - count.bit_length()), 32, 31 + shift)
    centred = step.lifted(0).astype(np.int64) - step.tensor(0).zero
    total = np.asarray(centred.sum(axis=axes, keepdims=keep))
    scaled = scale_by(total, (multiplier << up) // count, shift - up, single=step.single)
    limits = np.iinfo(np.dtype(kind))
    steps = wrapped(scaled + step.output.zero)
    return step.lowered(np.clip(steps, limits.min, limits.max).astype(limits.dtype))


def run_softmax(step: RunningOperator) -> Array:
    """SOFTMAX over the last axis."""
    beta, kind = float(step.op.option(0, "f")), step.kind(0)
    values = step.lifted(0)
    if kind == "float32":
        real = values.astype(np.float64) * beta
        exps = np.exp(real - real.max(axis=-1, keepdims=True))
        return step.lowered(np.asarray(exps / exps.sum(axis=-1, keepdims=True), np.float32))
    if kind == "int16":
        return step.lowered(wide.softmax(step, beta))
    if (step.output.scale, step.output.zero, kind) not in SHARES:
        raise step.unsupported("an output other than 1/256 and the type's smallest value")
    shares = softmax(values.astype(np.int64), step.tensor(0).scale, beta) + 128 + step.output.zero
    return step.lowered(shares.astype(values.dtype))


SHARES = ((1 / 256, -128, "int8"), (1 / 256, 0, "uint8"))
"""Scale, zero-point and type of an 8-bit SOFTMAX's output."""


def run_quantize(step: RunningOperator) -> Array:
    """QUANTIZE from float32, or from one 8-bit type to another."""
    kind, output = step.kind(0), step.output
    if str(output.dtype) not in {"int8", "uint8", "int16"}:
        raise step.unsupported(f"to {output.dtype}")
    limits = np.iinfo(np.dtype(str(output.dtype)))
    if kind == "float32":
        return quantized(step.values[0], output.scale, output.zero, limits)
    if kind not in {"int8", "uint8", "int16"}:
        raise step.unsupported(f"from {kind}")
    centred = step.values[0].astype(np.int64) - step.tensor(0).zero
    scaled = wrapped(step.scaled(centred, step.tensor(0).scale / output.scale) + output.zero)
    return np.clip(scaled, limits.min, limits.max).astype(limits.dtype)


def quantized(real: Array, scale: float, zero: int, limits: np.iinfo[Any]) -> Array:
    """clamp(round(x / scale) + zero_point), the division in float32 (``AffineQuantize``)."""
    steps = half_away(real.astype(np.float32) / np.float32(scale)).astype(np.float64)
    stored: Array = np.clip(steps + zero, limits.min, limits.max).astype(limits.dtype)
    return stored


def run_dequantize(step: RunningOperator) -> Array:
    """DEQUANTIZE of 8 or 16 bits, or of float16."""
    if step.kind(0) == "float16":
        return step.values[0].astype(np.float32)
    if step.kind(0) not in {"int8", "uint8", "int16"}:
        raise step.unsupported(step.kind(0))
    source = step.tensor(0)
    real = (step.values[0].astype(np.float64) - source.zero) * source.scale
    return real.astype(np.float32)
