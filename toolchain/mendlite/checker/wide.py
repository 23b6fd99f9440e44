"""int16 activations: the sums of layers, SOFTMAX and QUANTIZE, in int64.

Written from TFLite's sources: ``common.cc`` (MultiplyByQuantizedMultiplier of an int64),
``integer_ops/fully_connected.h``, ``softmax.h`` (SoftmaxInt16) and ``common.h``
(LUTPopulate, LUTLookup). Zero-points are 0.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.rounding import (
    Integers,
    half_away,
    quantize_multiplier,
    scale_each,
    wrapped,
)
from mendlite.checker.step import Array, RunningOperator

BIAS_TYPE = {"CONV_2D": 6, "FULLY_CONNECTED": 4}
"""The option that holds the type of a bias which is left out."""

INT32 = 2
"""The schema's number of the type."""

LEAST, MOST = -(2**15), 2**15 - 1


def sums_in_int32(step: RunningOperator) -> bool:
    """Whether a layer sums in int32: its bias is int32, or is left out and the file states it."""
    bias = step.op.inputs[2] if len(step.op.inputs) > 2 else -1
    if bias >= 0:
        return str(step.graph.tensors[bias].dtype) == "int32"
    if step.op.name not in BIAS_TYPE:
        return False
    looks = step.profile == "tflite_ref" or step.op.name == "FULLY_CONNECTED"
    return looks and int(step.op.option(BIAS_TYPE[step.op.name], "b")) == INT32


def scaled_sums(step: RunningOperator, acc: Integers, real: NDArray[np.float64]) -> Integers:
    """Accumulators [..., C] in output steps, as the profile's kernel scales them."""
    narrow = sums_in_int32(step)
    whole = wrapped(acc) if narrow else acc
    if step.profile == "tflite_ref" and step.op.name == "FULLY_CONNECTED":
        steps: Integers = half_away(whole.astype(np.float64) * real).astype(np.int64)
        return steps
    if narrow:
        return scale_each(whole, real, single=step.single)
    return scale_wide(whole, real)


def scale_wide(acc: Integers, real: NDArray[np.float64]) -> Integers:
    """``acc`` [..., C] times real multipliers [C].

    MultiplyByQuantizedMultiplier of int64 values: 15 bits of the multiplier, ties up.
    """
    pairs = [quantize_multiplier(float(r), single=False) for r in real]
    short = [0x7FFF if m >= 0x7FFF0000 else (m + 0x8000) // 0x10000 for m, _ in pairs]
    right = np.array([15 - s for _, s in pairs], np.int64)
    half = np.int64(1) << (right - 1)
    return wrapped((acc * np.array(short, np.int64) + half) >> right)


def softmax(step: RunningOperator, beta: float) -> Array:
    """SOFTMAX over the last axis; the tables are of float32 in TFLite Micro."""
    narrow, scale = step.profile != "tflite_ref", step.tensor(0).scale
    product = scale * beta if narrow else float(np.float32(scale) * np.float32(beta))
    x = step.lifted(0).astype(np.int64)
    apart = step.scaled(x - x.max(axis=-1, keepdims=True), product / (10.0 / 65535.0))
    shares = _look_up(_exp_table(narrow=narrow), np.clip(apart + MOST, LEAST, MOST))
    total = shares.sum(axis=-1, keepdims=True)
    bits = np.vectorize(lambda v: int(v).bit_length(), otypes=[np.int64])(total)
    # The sum's leading one goes to bit 30; 17 bits of it are kept.
    kept = ((total << (31 - bits)) + 2**13) >> 14
    inverse = _look_up(_inverse_table(narrow=narrow), np.clip(kept - 2**15 - 2**16, LEAST, MOST))
    right = bits - 1
    steps = (shares * inverse + (np.int64(1) << (right - 1))) >> right
    stored: Array = np.clip(steps, 0, MOST).astype(np.int16)
    return stored


def _look_up(table: Integers, x: Integers) -> Integers:
    cell, rest = 256 + (x >> 7), x & 127
    entries: Integers = table[cell] + (((table[cell + 1] - table[cell]) * rest + 64) >> 7)
    return entries


def _exp_table(*, narrow: bool) -> Integers:
    values = np.vectorize(exp, otypes=[np.float64])
    return _table(values, 10.0, MOST, narrow=narrow)


def _inverse_table(*, narrow: bool) -> Integers:
    return _table(lambda x: x.dtype.type(1) / (x.dtype.type(1) + x), 1.0, LEAST, narrow=narrow)


def _table(curve: Any, span: float, zero: int, *, narrow: bool) -> Integers:
    """LUTPopulateInt16: 513 points in Q0.15, each less half of the error amid its interval."""
    kind: Any = np.float32 if narrow else np.float64
    step, out = kind(span) / kind(65535), kind(2) / kind(65535)
    first, last = step * kind(LEAST - zero), step * kind(MOST - zero)
    gain = kind(65536) / (out * kind(MOST) - out * kind(LEAST))
    width = (last - first) / kind(512)

    def at(x: Array) -> Array:
        values: Array = curve(x).astype(kind) * gain
        return values

    number = np.arange(513).astype(kind)
    begins = first + number[:512] * width
    here, after = half_away(at(begins)), at(first + number[1:] * width)
    error = half_away((after + here) / kind(2)) - half_away(at(begins + width / kind(2)))
    points = here - half_away(error / kind(2))
    whole = np.append(points, half_away(at(np.array([last], kind))))
    entries: Integers = np.clip(whole, LEAST, MOST).astype(np.int64)
    return entries
