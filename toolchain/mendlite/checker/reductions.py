"""MINIMUM, MAXIMUM, REDUCE_MAX, REDUCE_MIN, SUM, ARG_MAX, CUMSUM, CAST and L2_NORMALIZATION."""

from __future__ import annotations

import numpy as np

from mendlite.checker.roots import inverse_root
from mendlite.checker.rounding import scale_by
from mendlite.checker.step import Array, RunningOperator


def run_extreme(step: RunningOperator) -> Array:
    """MINIMUM and MAXIMUM of the stored values."""
    first, second = step.aligned(0, 1)
    smaller = step.op.name == "MINIMUM"
    return step.lowered(np.minimum(first, second) if smaller else np.maximum(first, second))


def _axes(step: RunningOperator) -> tuple[int, ...]:
    rank = len(step.tensor(0).shape)
    return tuple(sorted({axis % rank + 1 for axis in step.numbers(1)}))


def run_reduction(step: RunningOperator) -> Array:
    """REDUCE_MAX, REDUCE_MIN and SUM; integers wrap."""
    values, axes, keep = step.lifted(0), _axes(step), bool(step.op.option(0, "?"))
    if step.op.name != "SUM":
        reduce = np.max if step.op.name == "REDUCE_MAX" else np.min
        return step.lowered(np.asarray(reduce(values, axis=axes, keepdims=keep)))
    if step.kind(0) in {"int8", "int16"}:
        return step.lowered(_scaled_sum(step, axes, keep=keep))
    wide = np.float64 if values.dtype.kind == "f" else values.dtype
    total = values.sum(axis=axes, keepdims=keep, dtype=wide)
    return step.lowered(np.asarray(total).astype(values.dtype))


def _scaled_sum(step: RunningOperator, axes: tuple[int, ...], *, keep: bool) -> Array:
    """SUM of stored steps (``reduce.h``, QuantizedMeanOrSum)."""
    centred = step.lifted(0).astype(np.int64) - step.tensor(0).zero
    total = np.asarray(centred.sum(axis=axes, keepdims=keep))
    steps = step.scaled(total, step.tensor(0).scale / step.output.scale) + step.output.zero
    limits = np.iinfo(step.values[0].dtype)
    return np.clip(steps, limits.min, limits.max).astype(step.values[0].dtype)


def _axis(step: RunningOperator) -> int:
    return step.numbers(1)[0] % len(step.tensor(0).shape) + 1


def run_arg_max(step: RunningOperator) -> Array:
    """ARG_MAX: of equal values the first."""
    largest = np.argmax(step.lifted(0), axis=_axis(step))
    return step.lowered(largest.astype(np.dtype(str(step.output.dtype))))


def run_running_sum(step: RunningOperator) -> Array:
    """CUMSUM: option 0 leaves out the place itself, option 1 begins behind."""
    axis, exclusive, reverse = _axis(step), *(bool(step.op.option(i, "?")) for i in (0, 1))
    values = np.moveaxis(step.lifted(0), axis, 0)
    sums, total = [], np.zeros_like(values[0])
    for row in values[::-1] if reverse else values:
        before, total = total, total + row
        sums.append(before if exclusive else total)
    return step.lowered(np.moveaxis(np.stack(sums[::-1] if reverse else sums), 0, axis))


def run_cast(step: RunningOperator) -> Array:
    """CAST: whole numbers keep their low bits."""
    return step.values[0].astype(np.dtype(str(step.output.dtype)))


def run_normalization(step: RunningOperator) -> Array:
    """L2_NORMALIZATION along the last axis (``integer_ops/l2normalization.h``)."""
    values = step.lifted(0)
    if step.kind(0) == "float32":
        real = values.astype(np.float64)
        norm = np.sqrt(np.square(real).sum(axis=-1, keepdims=True))
        return step.lowered((real / np.maximum(norm, np.float32(1e-6))).astype(np.float32))
    centred = values.astype(np.int64) - step.tensor(0).zero
    factor, shift = inverse_root(np.square(centred).sum(axis=-1, keepdims=True))
    steps = scale_by(centred, factor, shift + 7, single=step.single)
    return step.lowered(np.clip(steps, -128, 127).astype(np.int8))
