"""ADD, SUB, MUL, pools, MEAN, SOFTMAX, LOG_SOFTMAX, activations and conversions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.conversion import dequantize, quantize
from mendlite.arith.curve import Curve, curve_table, logistic, tanh
from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import Window, pad, windows
from mendlite.arith.log_softmax import make_log_softmax
from mendlite.arith.logistic import logistic_table, tanh_table
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.arith.pairwise import (
    Pairwise,
    Terms,
    make_addition,
    make_multiplication,
    make_subtraction,
)
from mendlite.arith.pooling import average_pool, max_pool
from mendlite.arith.rectifier import clamp_table, rectifier_table
from mendlite.arith.requantize import Requantizer
from mendlite.arith.softmax import make_softmax
from mendlite.compiled import values as compiled
from mendlite.compiled.trial import usable
from mendlite.model.graph import FUSED
from mendlite.model.operator_view import quantized_range
from mendlite.model.tensor import STORED, DType
from mendlite.replay.reference import wide
from mendlite.replay.reference.context import Arrays, Context, Kernel
from mendlite.replay.reference.reductions import quantized_sums
from mendlite.replay.reference.tables import all_bytes, by_pairs, by_table

INT8 = np.dtype(np.int8)

PLAIN_PAIRWISE: Mapping[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
}


def prepare_pairwise(context: Context) -> Kernel:
    """ADD, SUB and MUL of int8, float32 or whole numbers, with broadcasting."""
    tensors = (context.input(0), context.input(1), context.output)
    types = {t.dtype for t in tensors}
    if types in ({DType.INT32}, {DType.INT64}):
        combine = PLAIN_PAIRWISE[context.operator.op]
        return lambda x: combine(x[0], x[1])
    if types == {DType.FLOAT32}:
        low, high = (np.float32(bound) for bound in context.fused_range())
        combine = PLAIN_PAIRWISE[context.operator.op]
        if np.isinf(low) and np.isinf(high):
            return lambda x: combine(x[0], x[1])
        return lambda x: np.clip(combine(x[0], x[1]), low, high)
    if types == {DType.INT16}:
        return wide.prepare_pairwise(context)
    if types != {DType.INT8}:
        raise context.unsupported("types " + ", ".join(t.dtype.value for t in tensors))
    pairwise = _int8_pairwise(context)
    return lambda x: by_pairs(pairwise, *all_bytes(x))


def _int8_pairwise(context: Context) -> Pairwise:
    first, second, output = context.input(0), context.input(1), context.output
    low, high = context.output_range()
    terms = Terms(
        scales=(first.scale, second.scale, output.scale),
        zero_points=(first.zero_point, second.zero_point, output.zero_point),
        low=low,
        high=high,
        rounding=context.rounding,
    )
    if context.operator.op == "MUL":
        return make_multiplication(terms, context.ratio_type)
    return (make_addition if context.operator.op == "ADD" else make_subtraction)(terms)


def _float_average(x: NDArray[Any], window: Window) -> NDArray[Any]:
    view = windows(pad(x, window), window)
    total = ordered_sum(ordered_sum(view, 3), 3)
    inside = pad(np.ones((1, *x.shape[1:3], 1), np.float32), window)
    result: NDArray[Any] = total / windows(inside, window).sum(axis=(3, 4))
    return result.astype(np.float32)


def prepare_pool(context: Context) -> Kernel:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    window = context.pool_window()
    average = context.operator.op == "AVERAGE_POOL_2D"
    if context.input(0).dtype is DType.FLOAT32:
        low, high = (np.float32(bound) for bound in context.fused_range())
        if average:
            return lambda x: np.clip(_float_average(x[0], window), low, high)
        largest = compiled.max_pool if usable() else max_pool
        return lambda x: largest(x[0], window, float(low), float(high))
    if context.input(0).dtype not in STORED:
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    bounds = context.output_range()
    pool = (average_pool, max_pool)[not average]
    if usable():
        pool = (compiled.average_pool, compiled.max_pool)[not average]
    return lambda x: pool(x[0], window, *bounds)


def prepare_mean(context: Context) -> Kernel:
    """MEAN over axes other than the samples'."""
    rank = len(context.input(0).shape)
    axes = tuple(sorted({a % rank for a in context.preparation.numbers(1, "axes")}))
    keep = bool(context.operator.options.get("keep_dims", 0))
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _float_mean(x[0], axes, keep=keep)
    if context.input(0).dtype not in (DType.INT8, DType.INT16):
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    count = int(np.prod([context.input(0).shape[a] for a in axes]))
    mean = quantized_sums(context, count).make_mean()

    def run(x: Arrays) -> NDArray[Any]:
        total = _whole_sums(x[0], axes)
        return mean(total if keep else total.squeeze(axes))

    return run


def _whole_sums(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[np.int64]:
    """Sums i64 of int8 or int16, with the summed axes kept."""
    fast = compiled.sums(x, axes) if axes and x.dtype == np.int8 and usable() else None
    found: Any = x
    total: NDArray[np.int64] = (
        found.sum(axis=axes, dtype=np.int64, keepdims=True) if fast is None else fast
    ).astype(np.int64, copy=False)
    return total


def _float_mean(x: NDArray[Any], axes: tuple[int, ...], *, keep: bool) -> NDArray[np.float32]:
    total = x
    for axis in axes:
        total = np.expand_dims(ordered_sum(total, axis), axis)
    mean = total / np.prod([x.shape[axis] for axis in axes])
    return (mean if keep else mean.squeeze(axes)).astype(np.float32)


def prepare_softmax(context: Context) -> Kernel:
    """SOFTMAX over the last axis."""
    beta = float(context.operator.options.get("beta", 1.0))  # type: ignore[arg-type]
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _float_softmax(x[0].astype(np.float32) * np.float32(beta))
    if context.input(0).dtype is context.output.dtype is DType.INT16:
        return wide.prepare_softmax(context)
    if (context.input(0).dtype, context.output.dtype) != (DType.INT8, DType.INT8):
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    if (context.output.scale, context.output.zero_point) != (1 / 256, -128):
        raise context.unsupported("an output scale other than 1/256 or zero-point other than -128")
    softmax = make_softmax(context.input(0).scale, beta)
    if usable() and context.input(0).shape[-1] < compiled.SOFTMAX_DEPTH:
        fast = compiled.make_softmax(softmax)
        return lambda x: fast(x[0].astype(np.int8, copy=False))
    return lambda x: softmax(x[0].astype(np.int8))


def prepare_log_softmax(context: Context) -> Kernel:
    """LOG_SOFTMAX over the last axis."""
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _float_log_softmax(x[0])
    of = make_log_softmax(context.input(0).scale, context.rounding)
    return lambda x: of(x[0].astype(np.int8))


def _float_log_softmax(x: NDArray[Any]) -> NDArray[Any]:
    below = x - x.max(axis=-1, keepdims=True)
    total = ordered_sum(elementary.exp(below.astype(np.float64)), -1)
    result: NDArray[Any] = below - elementary.log(total)[..., None].astype(np.float32)
    return result


def _float_softmax(x: NDArray[Any]) -> NDArray[Any]:
    exps = elementary.exp(x - x.max(axis=-1, keepdims=True))
    result: NDArray[Any] = exps / ordered_sum(exps, -1)[..., None]
    return result.astype(np.float32)


def prepare_logistic(context: Context) -> Kernel:
    """LOGISTIC: float32, or int8 by a table of its 256 inputs."""
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: elementary.logistic(x[0]).astype(np.float32)
    if context.input(0).dtype is context.output.dtype is DType.INT16:
        return wide.prepare_curve(context)
    return _int8_curve(context, (1 / 256, -128), logistic, logistic_table)


def prepare_tanh(context: Context) -> Kernel:
    """TANH: float32, or int8 by a table of its 256 inputs."""
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: elementary.tanh(x[0]).astype(np.float32)
    if context.input(0).dtype is context.output.dtype is DType.INT16:
        return wide.prepare_curve(context)
    return _int8_curve(context, (1 / 128, 0), tanh, tanh_table)


def _int8_curve(
    context: Context,
    quantization: tuple[float, int],
    curve: Curve,
    fixed_point: Callable[[float, int, Rounding], NDArray[np.int8]],
) -> Kernel:
    """A curve of int8 whose output has this scale and zero-point.

    The desktop tabulates ``curve``; TFLite Micro computes in ``fixed_point``.
    """
    source, output = context.input(0), context.output
    if (source.dtype, output.dtype) != (DType.INT8, DType.INT8):
        raise context.unsupported(f"type {source.dtype.value}")
    if (output.scale, output.zero_point) != quantization:
        scale, zero = quantization
        raise context.unsupported(
            f"an output scale other than 1/{1 / scale:.0f} or zero-point other than {zero}"
        )
    if not context.desktop:
        return by_table(fixed_point(source.scale, source.zero_point, context.rounding), INT8)
    table = curve_table(
        curve,
        scale=source.scale,
        zero_point=source.zero_point,
        output_scale=quantization[0],
        output_zero_point=quantization[1],
    )
    return by_table(table, INT8)


def prepare_relu(context: Context) -> Kernel:
    """RELU, RELU6 and RELU_N1_TO_1 of float32 or of int8."""
    source, output = context.input(0), context.output
    bounds = FUSED[context.operator.op]
    if source.dtype is DType.FLOAT32:
        low, high = (np.float32(bound) for bound in bounds)
        return lambda x: np.clip(x[0], low, high)
    if (source.dtype, output.dtype) != (DType.INT8, DType.INT8):
        raise context.unsupported(f"type {source.dtype.value}")
    if context.operator.op == "RELU6" and not context.desktop:
        return by_table(clamp_table(*quantized_range(source, bounds)), INT8)
    lowest, highest = quantized_range(output, bounds)
    table = rectifier_table(
        scales=(source.scale, output.scale),
        zero_points=(source.zero_point, output.zero_point),
        low=lowest,
        high=highest,
        rounding=context.rounding,
        real=context.ratio_type,
    )
    return by_table(table, INT8)


def prepare_quantize(context: Context) -> Kernel:
    """QUANTIZE: float32 to an integer type, or one integer type to another."""
    output, source = context.output, context.input(0)
    storage = output.dtype.numpy
    if output.dtype not in STORED or storage is None:
        raise context.unsupported(f"type {output.dtype.value}")
    if source.dtype is DType.FLOAT32:
        scale, zero = output.scale, output.zero_point
        convert = compiled.quantize if usable() else quantize
        return lambda x: convert(x[0], scale, zero, storage)
    if source.dtype not in STORED:
        raise context.unsupported(f"type {source.dtype.value}")
    if DType.INT16 in (source.dtype, output.dtype):
        return wide.prepare_requantize(context)
    limits, offset = np.iinfo(storage), source.zero_point
    requantize = Requantizer.of(
        source.scale / output.scale,
        rounding=context.rounding,
        zero_point=output.zero_point,
        low=limits.min,
        high=limits.max,
        dtype=np.dtype(storage),
        reach=255,
    )
    least, most = source.dtype.ends
    every = np.arange(least, most + 1, dtype=np.int32)
    table = requantize((every - offset)[:, None])[:, 0]
    return by_table(table, np.dtype(source.dtype.numpy))


def prepare_dequantize(context: Context) -> Kernel:
    """DEQUANTIZE of 8 or 16 bits, or of float16."""
    source = context.input(0)
    if source.dtype is DType.FLOAT16:
        return lambda x: x[0].astype(np.float32)
    if source.dtype not in STORED:
        raise context.unsupported(f"type {source.dtype.value}")
    scale, zero = source.scale, source.zero_point
    if source.dtype is DType.INT16:
        return lambda x: dequantize(x[0], scale, zero)
    least, most = source.dtype.ends
    table = dequantize(np.arange(least, most + 1), scale, zero)
    return by_table(table, np.dtype(source.dtype.numpy))
