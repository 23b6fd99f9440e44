"""The layers: of int8 or uint8, of int16 with int8 weights, of float32, int8 weights alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import grid_shift, round_to_grid, rounded_weights
from mendlite.arith.geometry import DENSE, Window, make_transposed_window, spread
from mendlite.arith.hybrid import CENTRED_REACH, asymmetric, symmetric
from mendlite.arith.products import (
    Products,
    added_bias,
    convolve,
    convolve_depthwise,
    make_products,
)
from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.arith.requantize import Requantizer
from mendlite.arith.wide_requantize import WideRequantizer, from_int32, from_int64, in_double
from mendlite.compiled.layers import WholeLayer
from mendlite.compiled.values import largest_magnitudes
from mendlite.model.operator_kinds import bias_slot
from mendlite.model.tensor import DType
from mendlite.prepare.accumulators import accumulates_in
from mendlite.replay.reference.block_scales import prepare_block_layer
from mendlite.replay.reference.compiled_layers import (
    compiled_integer_layer,
    compiled_real_depthwise,
    compiled_real_layer,
)
from mendlite.replay.reference.context import (
    Arrays,
    Context,
    Kernel,
)


def weight_matrix(context: Context) -> NDArray[Any]:
    """Weights [K, C] less their zero-point, in the order of the rows they meet.

    K is (kh, kw, in), from the end for a transposed convolution; depthwise: [kh * kw, C].
    """
    values, weights = context.constant(1), context.input(1)
    if weights.dtype is DType.UINT8:
        values = values.astype(np.int16) - np.int16(weights.zero_point)
    if context.operator.op == "TRANSPOSE_CONV":
        values = values[:, ::-1, ::-1]
    if context.operator.op == "DEPTHWISE_CONV_2D":
        return values.reshape(-1, values.shape[3])
    return values.reshape(values.shape[0], -1).T


def bias_of(context: Context) -> NDArray[Any] | None:
    """The bias [C] as the file stores it; None where there is none."""
    inputs, slot = context.operator.inputs, bias_slot(context.operator.op)
    if len(inputs) <= slot or inputs[slot] < 0:
        return None
    return context.constant(slot).reshape(-1)


def window_of(context: Context) -> Window:
    """The window of a layer; raises UnsupportedModelError where none fits, or for groups."""
    if context.operator.op == "FULLY_CONNECTED":
        return DENSE
    channels = context.input(context.source_slot).shape[3]
    if context.operator.op == "CONV_2D" and context.input(1).shape[3] != channels:
        raise context.unsupported("grouped channels")
    size = context.input(1).shape[1:3]
    if context.operator.op != "TRANSPOSE_CONV":
        dilation = context.option("dilation_h"), context.option("dilation_w")
        return context.window((size[0], size[1]), dilation)
    _, height, width, _ = context.input(context.source_slot).shape
    try:
        return make_transposed_window(
            (height, width),
            (size[0], size[1]),
            (context.option("stride_h"), context.option("stride_w")),
            (context.output.shape[1], context.output.shape[2]),
            context.text_option("padding", "SAME"),
        )
    except ValueError as error:
        raise context.unsupported(str(error)) from error


def _multiply(context: Context, products: Products) -> Kernel:
    """X → accumulators (n, ..., C) of this layer."""
    if context.operator.op == "FULLY_CONNECTED":
        rest = context.output.shape[1:]
        inputs, dtype = products.matrix.shape[0], products.dtype
        return lambda x: products(x[0].reshape(-1, inputs).astype(dtype)).reshape(-1, *rest)
    window = window_of(context)
    if context.operator.op == "TRANSPOSE_CONV":
        stride = context.option("stride_h"), context.option("stride_w")
        zero, kind = products.offset, products.dtype
        return lambda x: convolve(spread(x[2], stride, zero, kind), products, window)
    if context.operator.op == "CONV_2D":
        return lambda x: convolve(x[0], products, window)
    multiplier = products.matrix.shape[1] // context.input(0).shape[3]
    return lambda x: convolve_depthwise(x[0], products, window, multiplier)


def make_requantizer(context: Context) -> Requantizer:
    """The requantization of an int8 or uint8 layer's accumulators."""
    low, high = context.output_range()
    source = context.input(context.source_slot)
    farthest = farthest_from(source.zero_point, source.dtype.ends)
    return Requantizer.of(
        context.multipliers(context.source_slot),
        rounding=context.rounding,
        zero_point=context.output.zero_point,
        low=low,
        high=high,
        dtype=np.dtype(np.int8 if context.output.dtype is DType.INT8 else np.uint8),
        reach=accumulator_reach(weight_matrix(context), bias_of(context), farthest),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """Weights i64[K, C] and bias i64[C] or None of a layer with integer activations."""

    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None

    @staticmethod
    def of(context: Context) -> _Whole:
        """As the file stores them, weights less their zero-point."""
        bias = bias_of(context)
        return _Whole(
            weights=weight_matrix(context).astype(np.int64),
            bias=None if bias is None else bias.astype(np.int64),
        )

    def products(self, context: Context) -> Products:
        """Their products and sums."""
        source = context.input(context.source_slot)
        largest = max(abs(end) for end in source.dtype.ends)
        return make_products(self.weights, self.bias, source.zero_point, largest)


def _integer_layer(context: Context) -> Kernel:
    """A layer of int8, with int8 or int4 weights, or of uint8."""
    whole, requantize = _Whole.of(context), make_requantizer(context)
    offset = context.input(context.source_slot).zero_point
    of = WholeLayer(window=window_of(context), offset=offset, requantizer=requantize)
    added = added_bias(whole.weights, whole.bias, offset)
    compiled = compiled_integer_layer(context, whole.weights, added, of)
    if compiled is not None:
        return compiled
    multiply = _multiply(context, whole.products(context))
    return lambda x: requantize(multiply(x))


def _int16_layer(context: Context) -> Kernel:
    """int8 weights, int16 activations whose zero-points are 0."""
    low, high = context.output_range()
    requantize = WideRequantizer(scaled=_int16_scaling(context), low=low, high=high)
    multiply = _multiply(context, _Whole.of(context).products(context))
    return lambda x: requantize(multiply(x))


def _int16_scaling(context: Context) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """How an int16 layer scales accumulators: LiteRT's dense kernel does so in double."""
    real = context.multipliers(context.source_slot)
    narrow = accumulates_in(context) is DType.INT32
    if context.desktop and context.operator.op == "FULLY_CONNECTED":
        return in_double(real, narrow=narrow)
    return from_int32(real, context.rounding) if narrow else from_int64(real)


def _float_bias(context: Context, channels: int) -> NDArray[np.float32]:
    bias = bias_of(context)
    return np.zeros(channels, np.float32) if bias is None else bias.astype(np.float32)


def _float_layer(context: Context) -> Kernel:
    """A layer of float32, with the same bits on every machine (``arith.exact_products``).

    A depthwise convolution adds its taps one array after the other: in a fixed order.
    """
    matrix = np.ascontiguousarray(weight_matrix(context), np.float32)
    bias = _float_bias(context, matrix.shape[1])
    low, high = (np.float32(bound) for bound in context.fused_range())
    ends = float(low), float(high)
    if context.operator.op == "DEPTHWISE_CONV_2D":
        compiled = compiled_real_depthwise(context, matrix, bias, window_of(context), ends)
        if compiled is not None:
            return compiled
        taps = _multiply(context, Products(matrix=matrix, bias=bias, offset=0))
        return lambda x: np.clip(taps(x), low, high)
    rounded, bits = rounded_weights(matrix)
    products = Products(matrix=rounded, bias=bias.astype(np.float64), offset=0)
    slot, inputs = context.source_slot, len(matrix)
    dense = context.operator.op == "FULLY_CONNECTED"

    def rows(x: Arrays) -> NDArray[Any]:
        # One step for all that a sum takes together: a row of a dense layer, else a sample.
        return x[slot].reshape(-1, inputs) if dense else x[slot]

    on_grids = compiled_real_layer(context, rounded, products.bias, window_of(context), ends)
    if on_grids is not None:
        return lambda x: on_grids(x, grid_shift(largest_magnitudes(rows(x)), bits))
    multiply = _multiply(context, products)

    def run(x: Arrays) -> NDArray[Any]:
        values = rows(x)
        on_grid = round_to_grid(values, bits, tuple(range(1, values.ndim)))
        acc = multiply([*x[:slot], on_grid, *x[slot + 1 :]])
        return np.clip(acc.astype(np.float32), low, high)

    return run


def _hybrid_layer(context: Context) -> Kernel:
    """int8 weights, float activations: each sample (each row of a dense layer) is quantized.

    ``HybridConvPerChannel`` and the dense hybrid kernels quantize symmetrically where the
    weights have one scale and the operator does not ask for more, else asymmetrically.
    """
    weights = weight_matrix(context).astype(np.int64)
    of = WholeLayer(window=window_of(context), offset=0, requantizer=None)
    multiply = compiled_integer_layer(context, weights, added_bias(weights, None, 0), of)
    multiply = multiply or _multiply(context, make_products(weights, None, 0, CENTRED_REACH))
    scales = context.input(1).quantization().scale.astype(np.float32)
    bias = _float_bias(context, weights.shape[1])
    low, high = (np.float32(bound) for bound in context.fused_range())
    dense = context.operator.op == "FULLY_CONNECTED"
    uneven = bool(context.operator.options.get("asymmetric_quantize_inputs", 0))
    asked = uneven or (scales.size > 1 and not dense)
    prepare = partial(asymmetric, litert=context.desktop) if asked else symmetric

    def run(x: Arrays) -> NDArray[Any]:
        values = x[0].astype(np.float32)
        rows = values.reshape(-1, weights.shape[0]) if dense else values
        quantized, row_scale, zero = prepare(rows)
        shape = (-1, *[1] * (rows.ndim - 1))
        acc = multiply([quantized.astype(np.int16) - zero.astype(np.int16).reshape(shape)])
        apart = acc.shape[:-1] if dense else (-1, *[1] * (acc.ndim - 2))
        factor = row_scale.reshape(*apart, 1) * scales
        return np.clip(acc.astype(np.float32) * factor + bias, low, high)

    return run


def prepare_layer(context: Context) -> Kernel:
    """The kernel of a layer; raises UnsupportedModelError for other types."""
    source = context.input(context.source_slot)
    weights = context.input(1).dtype
    types = (source.dtype, weights, context.output.dtype)
    ends = {source.dtype, context.output.dtype}
    whole = weights in (DType.INT8, DType.INT4) and ends == {DType.INT8}
    if whole or types == (DType.UINT8,) * 3:
        return _integer_layer(context)
    if types == (DType.INT16, DType.INT8, DType.INT16):
        return _int16_layer(context)
    if types == (DType.FLOAT32, DType.FLOAT32, DType.FLOAT32):
        return _float_layer(context)
    blocks = context.input(1).blocks
    if blocks is not None and ends == {DType.FLOAT32}:
        return prepare_block_layer(context, blocks)
    hybrid = weights in (DType.INT8, DType.INT4) and ends == {DType.FLOAT32}
    if hybrid and context.operator.op != "TRANSPOSE_CONV":
        return _hybrid_layer(context)
    raise context.unsupported("types " + ", ".join(t.value for t in types))
