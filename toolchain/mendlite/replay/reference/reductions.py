"""REDUCE_MAX, REDUCE_MIN, SUM, ARG_MAX, CUMSUM and L2_NORMALIZATION, the samples in front."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import multiply_by_quantized_multiplier
from mendlite.arith.inverse_root import inverse_root
from mendlite.arith.mean import QuantizedSums
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.compiled import values as compiled
from mendlite.compiled.trial import usable
from mendlite.model.tensor import DType
from mendlite.prepare.copying import Arrays
from mendlite.prepare.reductions import SCALED, axes_of, axis_of, keeps
from mendlite.replay.reference.context import INTEGER, Context

Run = Callable[[Arrays], NDArray[Any]]


def _axes(context: Context) -> tuple[int, ...]:
    return tuple(axis + 1 for axis in axes_of(context.preparation))


def prepare_extreme(context: Context) -> Run:
    """REDUCE_MAX and REDUCE_MIN."""
    axes, keep = _axes(context), keeps(context.preparation)
    reduce = np.max if context.operator.op == "REDUCE_MAX" else np.min
    return lambda x: reduce(x[0], axis=axes, keepdims=keep)


def prepare_sum(context: Context) -> Run:
    """SUM."""
    axes, keep = _axes(context), keeps(context.preparation)
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _float_sum(x[0], axes, keep=keep)
    if context.input(0).dtype in SCALED:
        count = prod(context.input(0).shape[axis - 1] for axis in axes)
        scaled = quantized_sums(context, count).make_sum()
        return lambda x: scaled(np.sum(x[0], axis=axes, keepdims=keep, dtype=np.int64))
    return lambda x: np.sum(x[0], axis=axes, keepdims=keep, dtype=x[0].dtype)


def quantized_sums(context: Context, count: int) -> QuantizedSums:
    """Those of ``count`` values of a quantized input for each value of the output."""
    source, output = context.input(0), context.output
    storage = source.dtype.numpy
    if storage is None:
        raise context.unsupported(f"type {source.dtype.value}")
    return QuantizedSums(
        count=count,
        scale=source.scale,
        zero_point=source.zero_point,
        output_scale=output.scale,
        output_zero_point=output.zero_point,
        rounding=context.rounding,
        dtype=storage,
    )


def _float_sum(x: NDArray[Any], axes: tuple[int, ...], *, keep: bool) -> NDArray[np.float32]:
    total = x
    for axis in axes:
        total = np.expand_dims(ordered_sum(total, axis), axis)
    return (total if keep else total.squeeze(axes)).astype(np.float32)


def prepare_arg_max(context: Context) -> Run:
    """ARG_MAX: of equal values the first."""
    axis, storage = axis_of(context.preparation) + 1, context.output.dtype.numpy
    last = axis == len(context.input(0).shape)
    if last and context.input(0).dtype in INTEGER and usable():
        return lambda x: compiled.arg_max(x[0]).astype(storage, copy=False)
    return lambda x: np.argmax(x[0], axis=axis).astype(storage)


def prepare_cumulative(context: Context) -> Run:
    """CUMSUM: numpy adds one value after the other, as the kernel does."""
    axis = axis_of(context.preparation) + 1
    options = context.operator.options
    reverse, exclusive = bool(options.get("reverse", 0)), bool(options.get("exclusive", 0))

    def run(x: Arrays) -> NDArray[Any]:
        values = np.flip(x[0], axis) if reverse else x[0]
        sums: NDArray[Any] = np.cumsum(values, axis=axis, dtype=values.dtype)
        if exclusive:
            sums = np.roll(sums, 1, axis=axis)
            sums[(slice(None),) * axis + (0,)] = 0
        return np.flip(sums, axis) if reverse else sums

    return run


LEAST_NORM = np.float32(1e-6)
"""What a float norm is at least (``l2norm.cc``)."""


def prepare_normalized(context: Context) -> Run:
    """L2_NORMALIZATION."""
    source = context.input(0)
    if source.dtype is DType.FLOAT32:

        def real(x: Arrays) -> NDArray[Any]:
            squares = ordered_sum(np.square(x[0].astype(np.float64)), -1)
            norm = np.maximum(np.sqrt(squares), LEAST_NORM)[..., None]
            normal: NDArray[Any] = (x[0] / norm).astype(np.float32)
            return normal

        return real
    rounding = context.rounding

    def run(x: Arrays) -> NDArray[Any]:
        centred = x[0].astype(np.int64) - source.zero_point
        roots, shift = inverse_root(np.sum(np.square(centred), axis=-1, keepdims=True))
        steps = multiply_by_quantized_multiplier(centred, roots, shift + 7, rounding)
        return np.clip(steps, -128, 127).astype(np.int8)

    return run
