"""The layers, ADD and SUB again, exact and fast: sums by BLAS where no rounding can happen.

A sum of integers in float32 is exact in any order while the sum of the terms' magnitudes stays
below 2**24, in float64 below 2**53. The bound is taken from the weights and the input's type; where
an accumulator could leave int32 the plain code of ``layers.py`` runs. Requantization is the same
formula as in ``rounding.py``, in fewer passes. Float layers are summed in float64; in float32 where
it computes the differences of sums in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker import layers, pairs
from mendlite.checker.graph import Graph
from mendlite.checker.rounding import Integers, quantize_multiplier, scale_by, scale_each
from mendlite.checker.step import Array, Axis, RunningOperator, taps

EXACT_FLOAT32 = 2**24

INT32_REACH = 2**31 - 2**9
"""Below it neither an accumulator nor what is added to it later leaves int32."""

LARGEST_FACTOR = 0.999
"""Of the requantization here; the plain code covers larger values."""

SLICE_VALUES = 2**20
"""Values of the largest array of a slice of samples: it stays in a processor's cache."""

FLOATS = ("float32",) * 3
HYBRID = ("float32", "int8", "float32")
WIDE = ("int16", "int8", "int16")


def slice_size(graph: Graph) -> int:
    """Samples that are run at once."""
    largest = max((prod(t.shape) for t in graph.tensors if t.data is None), default=1)
    for op in graph.ops:
        if op.name == "CONV_2D":
            window = prod(graph.tensors[op.inputs[1]].shape[1:])
            largest = max(largest, window * prod(graph.tensors[op.outputs[0]].shape[1:3]))
    return max(1, SLICE_VALUES // max(largest, 1))


def run_layer(step: RunningOperator) -> Array:
    """The stored output of a layer, equal to that of ``layers.run_layer``."""
    kinds = (step.kind(0), step.kind(1), str(step.output.dtype))
    if kinds in layers.STORED_BYTES:
        return _bytes(step)
    if kinds == WIDE:
        # The sums are below 2**47, or of int32 layers far below 2**53.
        return layers.int16(step, _sums, np.dtype(np.float64))
    if kinds == FLOATS:
        return _float(step, np.float64)
    if kinds == HYBRID:
        # Below 2**53 even for the longest sum that a file can hold.
        return layers.hybrid(step, _sums, np.dtype(np.float64))
    return layers.run_layer(step)


def run_layer_single(step: RunningOperator) -> Array:
    """A float layer summed in float32, as a float interpreter does."""
    kinds = (step.kind(0), step.kind(1), str(step.output.dtype))
    return _float(step, np.float32) if kinds == FLOATS else run_layer(step)


def _float(step: RunningOperator, kind: type[np.floating[Any]]) -> Array:
    total = _sums(step, step.values[0].astype(kind), step.values[1].astype(kind))
    bias = step.bias()
    total = total if bias is None else total + bias
    clipped: Array = np.clip(total, *step.activation(layers.ACTIVATION[step.op.name]))
    return clipped.astype(np.float32)


def _reach(step: RunningOperator) -> int:
    """The largest magnitude that an accumulator, or a part of its sum, can have."""
    weights = np.abs(layers.centred_weights(step))
    kept = 3 if step.op.name == "DEPTHWISE_CONV_2D" else 0
    sums = weights.sum(axis=tuple(a for a in range(weights.ndim) if a != kept))
    bias, zero = step.bias(), step.tensor(0).zero
    limits = np.iinfo(step.values[0].dtype)
    reach = sums * max(limits.max - zero, zero - limits.min)
    reach = reach if bias is None else reach + np.abs(bias.astype(np.int64))
    return int(reach.max(initial=0))


def _bytes(step: RunningOperator) -> Array:
    reach, real = _reach(step), layers.real_multipliers(step)
    odd = step.kind(1) == "int8" and step.tensor(1).quantized.zero_point.any()
    if reach >= INT32_REACH or real.max() > LARGEST_FACTOR or odd:
        return layers.run_layer(step)
    kind = np.dtype(np.float32 if reach < EXACT_FLOAT32 else np.float64)
    centred: Array = step.values[0].astype(kind)
    centred -= kind.type(step.tensor(0).zero)
    acc = _sums(step, centred, layers.centred_weights(step).astype(kind)).astype(np.int64)
    bias = step.bias()
    if bias is not None:
        acc += bias
    scaled = _scaled(acc, real, single=step.single)
    scaled += step.output.zero
    ends = step.bounds(layers.ACTIVATION[step.op.name])
    return np.clip(scaled, *ends, out=scaled).astype(step.values[0].dtype)


def _scaled(acc: Integers, real: NDArray[np.float64], *, single: bool) -> Integers:
    """``rounding.scale_each``, in place for multipliers below 1."""
    pairs = [quantize_multiplier(float(r), single=single) for r in real]
    factor, shift = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    if shift.max(initial=0) > 0:
        return scale_each(acc, real, single=single)
    down = -shift
    acc *= factor
    if single:
        acc += np.int64(1) << (30 + down)
        acc >>= 31 + down
        return acc
    # SaturatingRoundingDoublingHighMul of values that cannot saturate: half up.
    acc += 1 << 30
    acc >>= 31
    # RoundingDivideByPOT: half away from zero.
    rounds = down > 0
    acc += (acc >> 63) * rounds + np.where(rounds, np.int64(1) << np.maximum(down - 1, 0), 0)
    acc >>= down
    return acc


def _sums(step: RunningOperator, x: Array, weights: Array) -> Array:
    """Sums of x * w for every output, in the arrays' own type."""
    if step.op.name == "FULLY_CONNECTED":
        rows = x.reshape(-1, weights.shape[1])
        dense: Array = (rows @ weights.T).reshape(-1, *step.output.shape[1:])
        return dense
    axes = layers.windows(step, weights)
    if step.op.name == "DEPTHWISE_CONV_2D":
        return layers.depthwise(x, weights, axes)
    if weights.shape[3] != x.shape[3]:
        raise step.unsupported("grouped channels")
    patches = _patches(x, axes)
    flat = weights.reshape(len(weights), -1)
    sums: Array = (patches @ flat.T).reshape(len(x), axes[0].output, axes[1].output, -1)
    return sums


def _patches(x: Array, axes: tuple[Axis, Axis]) -> Array:
    """What each output position reads, one row each: (n * rows * columns, window * channels)."""
    rows, columns = axes
    if rows.size * columns.size == 1 and rows.stride == columns.stride == 1:
        return x.reshape(-1, x.shape[3])
    patches = np.empty(
        (len(x), rows.output, columns.output, rows.size * columns.size, x.shape[3]), x.dtype
    )
    for i, j, values in taps(x, axes, 0):
        patches[:, :, :, i * columns.size + j] = values
    return patches.reshape(-1, rows.size * columns.size * x.shape[3])


def run_sum(step: RunningOperator) -> Array:
    """ADD and SUB of 8 bits by tables of the 256 values that each input can have."""
    kinds = {step.kind(0), step.kind(1), str(step.output.dtype)}
    if kinds not in ({"int8"}, {"uint8"}):
        return pairs.run_pair(step)
    scales = step.tensor(0).scale, step.tensor(1).scale
    twice = 2.0 * max(scales)
    real = np.array([twice / ((1 << 20) * step.output.scale)])
    if real[0] > LARGEST_FACTOR:
        return pairs.run_pair(step)
    first, second = (
        _table(step, slot, values, scales[slot] / twice)
        for slot, values in enumerate(step.aligned(0, 1))
    )
    total = first - second if step.op.name == "SUB" else first + second
    scaled = _scaled(total, real, single=step.single)
    scaled += step.output.zero
    clipped = np.clip(scaled, *step.bounds(0), out=scaled).astype(step.values[0].dtype)
    return step.lowered(clipped)


def _table(step: RunningOperator, slot: int, values: Array, real: float) -> Integers:
    """An input, scaled with 20 bits of headroom."""
    multiplier, shift = quantize_multiplier(real, single=step.single)
    stored = np.arange(256, dtype=np.uint8).view(values.dtype).astype(np.int64)
    centred = (stored - step.tensor(slot).zero) << 20
    table = scale_by(centred, multiplier, shift, single=step.single)
    return np.asarray(table[values.view(np.uint8)])


QUICK = layers.ACTIVATION.keys() - {"TRANSPOSE_CONV"}
"""Layers whose sums BLAS computes."""

KERNELS: Mapping[str, Callable[[RunningOperator], Any]] = {
    **dict.fromkeys(QUICK, run_layer),
    **dict.fromkeys(("ADD", "SUB"), run_sum),
}
"""What takes the plain kernels' place."""

SINGLE_KERNELS = {**KERNELS, **dict.fromkeys(QUICK, run_layer_single)}
