"""ADD, pools, MEAN, SOFTMAX, activations and conversions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.addition import make_addition
from mendlite.arith.conversion import dequantize, quantize
from mendlite.arith.geometry import Window, make_window, pad, windows
from mendlite.arith.logistic import logistic_table
from mendlite.arith.mean import make_mean
from mendlite.arith.pooling import average_pool, max_pool
from mendlite.arith.requantize import Requantizer
from mendlite.arith.softmax import make_softmax
from mendlite.model.graph import FUSED
from mendlite.model.tensor import DType
from mendlite.replay.reference.context import (
    INTEGER,
    Arrays,
    Context,
    Kernel,
    float_range,
    integer_range,
    scale_of,
    zero_of,
)


def prepare_add(context: Context) -> Kernel:
    """ADD of int8 or of float32."""
    tensors = (context.input(0), context.input(1), context.output)
    types = {t.dtype for t in tensors}
    if types == {DType.FLOAT32}:
        low, high = float_range(context)
        return lambda x: np.clip(x[0] + x[1], np.float32(low), np.float32(high))
    if types != {DType.INT8}:
        raise context.unsupported("types " + ", ".join(t.dtype.value for t in tensors))
    bounds = integer_range(context)
    addition = make_addition(
        scales=(scale_of(tensors[0]), scale_of(tensors[1]), scale_of(tensors[2])),
        zero_points=(zero_of(tensors[0]), zero_of(tensors[1]), zero_of(tensors[2])),
        low=bounds[0],
        high=bounds[1],
        rounding=context.rounding,
    )
    return lambda x: addition(x[0].astype(np.int8), x[1].astype(np.int8))


def _pool_window(context: Context) -> Window:
    _, height, width, _ = context.input(0).shape
    try:
        return make_window(
            (height, width),
            (context.option("filter_h"), context.option("filter_w")),
            (context.option("stride_h"), context.option("stride_w")),
            (1, 1),
            context.text_option("padding", "SAME"),
        )
    except ValueError as error:
        raise context.unsupported(str(error)) from error


def _float_average(x: NDArray[Any], window: Window) -> NDArray[Any]:
    total = windows(pad(x, window), window).sum(axis=(3, 4), dtype=np.float32)
    inside = pad(np.ones((1, *x.shape[1:3], 1), np.float32), window)
    result: NDArray[Any] = total / windows(inside, window).sum(axis=(3, 4))
    return result


def prepare_pool(context: Context) -> Kernel:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    window = _pool_window(context)
    average = context.operator.op == "AVERAGE_POOL_2D"
    if context.input(0).dtype is DType.FLOAT32:
        low, high = (np.float32(bound) for bound in float_range(context))
        if average:
            return lambda x: np.clip(_float_average(x[0], window), low, high)
        return lambda x: np.clip(max_pool(x[0], window, -np.inf, np.inf), low, high)
    if context.input(0).dtype not in INTEGER:
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    bounds = integer_range(context)
    pool = average_pool if average else max_pool
    return lambda x: pool(x[0], window, *bounds)


def _any(x: Arrays) -> Any:
    """The first input; numpy's stubs have no reduction whose keepdims is not literal."""
    return x[0]


def prepare_mean(context: Context) -> Kernel:
    """MEAN over axes other than the samples'."""
    rank = len(context.input(0).shape)
    axes = tuple(sorted({int(a) % rank for a in context.constant(1).reshape(-1)}))
    keep = bool(context.operator.options.get("keep_dims", 0))
    if 0 in axes and context.in_batch:
        raise context.unsupported("a mean over the samples")
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _any(x).mean(axis=axes, dtype=np.float32, keepdims=keep)
    if context.input(0).dtype is not DType.INT8:
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    count = int(np.prod([context.input(0).shape[a] for a in axes]))
    mean = make_mean(
        count=count,
        scale=scale_of(context.input(0)),
        zero_point=zero_of(context.input(0)),
        output_scale=scale_of(context.output),
        output_zero_point=zero_of(context.output),
        rounding=context.rounding,
    )
    return lambda x: mean(_any(x).sum(axis=axes, dtype=np.int64, keepdims=keep))


def prepare_softmax(context: Context) -> Kernel:
    """SOFTMAX over the last axis."""
    beta = float(context.operator.options.get("beta", 1.0))  # type: ignore[arg-type]
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: _float_softmax(x[0].astype(np.float32) * np.float32(beta))
    if (context.input(0).dtype, context.output.dtype) != (DType.INT8, DType.INT8):
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    if (scale_of(context.output), zero_of(context.output)) != (1 / 256, -128):
        raise context.unsupported("an output scale other than 1/256 or zero-point other than -128")
    softmax = make_softmax(scale_of(context.input(0)), beta)
    return lambda x: softmax(x[0].astype(np.int8))


def _float_softmax(x: NDArray[Any]) -> NDArray[Any]:
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    result: NDArray[Any] = exps / exps.sum(axis=-1, keepdims=True)
    return result


def prepare_logistic(context: Context) -> Kernel:
    """LOGISTIC: float32, or int8 by a table of its 256 inputs."""
    if context.input(0).dtype is DType.FLOAT32:
        return lambda x: (1 / (1 + np.exp(-x[0].astype(np.float32)))).astype(np.float32)
    if (context.input(0).dtype, context.output.dtype) != (DType.INT8, DType.INT8):
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    if (scale_of(context.output), zero_of(context.output)) != (1 / 256, -128):
        raise context.unsupported("an output scale other than 1/256 or zero-point other than -128")
    entry = context.input(0)
    table = logistic_table(scale_of(entry), zero_of(entry), context.rounding)
    return lambda x: table[x[0].astype(np.int16) + 128]


def prepare_relu(context: Context) -> Kernel:
    """RELU, RELU6 and RELU_N1_TO_1 of float32."""
    if context.input(0).dtype is not DType.FLOAT32:
        raise context.unsupported(f"type {context.input(0).dtype.value}")
    low, high = FUSED[context.operator.op]
    return lambda x: np.clip(x[0], np.float32(low), np.float32(high))


def prepare_quantize(context: Context) -> Kernel:
    """QUANTIZE: float32 to an integer type, or one integer type to another."""
    output, entry = context.output, context.input(0)
    storage = output.dtype.numpy
    if output.dtype not in INTEGER or storage is None:
        raise context.unsupported(f"type {output.dtype.value}")
    if entry.dtype is DType.FLOAT32:
        scale, zero = scale_of(output), zero_of(output)
        return lambda x: quantize(x[0], scale, zero, storage)
    if entry.dtype not in INTEGER:
        raise context.unsupported(f"type {entry.dtype.value}")
    limits, offset = np.iinfo(storage), zero_of(entry)
    requantize = Requantizer.of(
        scale_of(entry) / scale_of(output),
        rounding=context.rounding,
        zero_point=zero_of(output),
        low=limits.min,
        high=limits.max,
        dtype=np.dtype(storage),
    )
    return lambda x: requantize((x[0].astype(np.int32) - offset)[..., None])[..., 0]


def prepare_dequantize(context: Context) -> Kernel:
    """DEQUANTIZE of int8 or uint8."""
    entry = context.input(0)
    if entry.dtype not in INTEGER:
        raise context.unsupported(f"type {entry.dtype.value}")
    scale, zero = scale_of(entry), zero_of(entry)

    def run(x: Arrays) -> NDArray[Any]:
        return dequantize(x[0], scale, zero)

    return run
