"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and TRANSPOSE_CONV.

Sources: ``conv.cc``, ``depthwise_conv.cc``, ``fully_connected.cc``, ``transpose_conv.cc`` and
``kernel_util.cc`` (PopulateConvolutionQuantizationParams), and TFLite Micro's ``*_common.cc``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.preparation import effective_scale
from mendlite.model.graph import Model
from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.prepare.accumulators import require_wide_bias, require_wide_multipliers
from mendlite.prepare.block_scales import require_block_scales
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.view import Inferred, Preparation, Shape, described, elements
from mendlite.prepare.windows import Pair, padding, require_rank, strides, window_output

TYPES = {
    (DType.INT8, DType.INT8): DType.INT8,
    (DType.INT8, DType.INT4): DType.INT8,
    (DType.INT16, DType.INT8): DType.INT16,
    (DType.UINT8, DType.UINT8): DType.UINT8,
    (DType.FLOAT32, DType.FLOAT32): DType.FLOAT32,
    (DType.FLOAT32, DType.INT8): DType.FLOAT32,
    (DType.FLOAT32, DType.INT4): DType.FLOAT32,
}
"""Output type by the types of input and weights."""

BIAS_TYPES = {
    DType.INT8: (DType.INT32,),
    DType.UINT8: (DType.INT32,),
    DType.INT16: (DType.INT32, DType.INT64),
    DType.FLOAT32: (DType.FLOAT32,),
}
"""Types of a bias by the type of the input."""

BIAS_STEPS = 0.02
"""How far, in output steps, a bias's step may be from s_x s_w
(GetQuantizedConvolutionMultipler)."""


def conv(view: Preparation) -> Inferred:
    """CONV_2D: weights [o, kh, kw, i]."""
    dtype = _layer(view, slot=0, channel_axis=0)
    x, w = view.input(0).shape, view.input(1).shape
    require_rank(view, x, 4, "input")
    if x[3] != w[3]:
        raise view.unsupported(f"weights of {w[3]} channels over an input of {x[3]} (groups)")
    return Inferred(shape=(x[0], *_window(view, x, w), w[0]), dtype=dtype)


def depthwise(view: Preparation) -> Inferred:
    """DEPTHWISE_CONV_2D: weights [1, kh, kw, o]."""
    dtype = _layer(view, slot=0, channel_axis=3)
    x, w = view.input(0).shape, view.input(1).shape
    require_rank(view, x, 4, "input")
    if w[0] != 1 or w[3] % x[3]:
        raise view.wrong(f"weights of shape {list(w)} do not fit an input of {x[3]} channels")
    if view.option("depth_multiplier") != w[3] // x[3]:
        raise view.wrong(
            f"its depth_multiplier is {view.option('depth_multiplier')}, but {w[3]} channels over "
            f"{x[3]} make it {w[3] // x[3]}"
        )
    _require_hybrid_scales(view, w[3])
    return Inferred(shape=(x[0], *_window(view, x, w), w[3]), dtype=dtype)


def _require_hybrid_scales(view: Preparation, channels: int) -> None:
    """Integer weights under a float input are int8, with a scale per channel.

    EvalHybridPerChannel of depthwise_conv.cc reads one for each channel, also where the vector
    holds a single one: what lies behind it in memory decides. int4 weights it does not take.
    """
    hybrid = view.input(0).dtype is DType.FLOAT32 and view.input(1).dtype.is_weight
    if hybrid and view.input(1).dtype is DType.INT4:
        raise view.unsupported(
            "int4 weights under a float input: TFLite has no such kernel; keep its weights at int8"
        )
    if hybrid and view.input(1).quantization().scale.size < channels:
        raise view.undefined(
            f"one weight scale for {channels} channels under a float input: TFLite reads one a "
            "channel, past the end of the vector; quantize its weights per channel"
        )


def _window(view: Preparation, x: Shape, w: Shape) -> Pair:
    dilation = view.option("dilation_h"), view.option("dilation_w")
    return window_output(view, (x[1], x[2]), (w[1], w[2]), strides(view), dilation)


def dense(view: Preparation) -> Inferred:
    """FULLY_CONNECTED: weights [o, i] over all values of the input, i at a time."""
    dtype = _layer(view, slot=0, channel_axis=0)
    x, (channels, inputs) = view.input(0).shape, view.input(1).shape
    if view.text_option("weights_format", "DEFAULT") != "DEFAULT":
        raise view.unsupported(f"weights in format {view.text_option('weights_format', '')}")
    if elements(x) % inputs:
        raise view.wrong(f"weights of {inputs} inputs do not divide the input's {list(x)}")
    if dtype is not DType.FLOAT32:
        _require_bias_scale(view)
    if not view.operator.options.get("keep_num_dims", 0):
        return Inferred(shape=(elements(x) // inputs, channels), dtype=dtype)
    if x[-1:] != (inputs,):
        raise view.wrong(f"weights of {inputs} inputs do not fit the last axis of {list(x)}")
    return Inferred(shape=(*x[:-1], channels), dtype=dtype)


def transposed(view: Preparation) -> Inferred:
    """TRANSPOSE_CONV: (output shape, weights [o, kh, kw, i], input, bias)."""
    dtype = _layer(view, slot=2, channel_axis=0)
    wide = (view.input(2).dtype, view.input(1).dtype) == (DType.INT16, DType.INT8)
    if view.input(2).dtype is not view.input(1).dtype and not wide:
        types = " input with ".join(view.input(slot).dtype.value for slot in (2, 1))
        raise view.unsupported(f"{types} weights")
    x, w = view.input(2).shape, view.input(1).shape
    require_rank(view, x, 4, "input")
    shape = tuple(view.numbers(0, "output shape"))
    require_rank(view, shape, 4, "output shape")
    if (shape[0], shape[3], w[3]) != (x[0], w[0], x[3]) or min(shape) < 1:
        raise view.wrong(f"input {list(x)} and weights {list(w)} do not make {list(shape)}")
    back = window_output(view, (shape[1], shape[2]), (w[1], w[2]), strides(view), (1, 1))
    if back != (x[1], x[2]):
        raise view.wrong(
            f"an output of {shape[1]} x {shape[2]} belongs to an input of {back[0]} x {back[1]} "
            f"with padding {padding(view)}, but the input is {x[1]} x {x[2]}"
        )
    return Inferred(shape=shape, dtype=dtype)


def _layer(view: Preparation, *, slot: int, channel_axis: int) -> DType:
    """What all layers demand of types, weights and bias; returns the output's type."""
    without_bias = 3 if slot else 2
    view.require_count(without_bias, without_bias + 1)
    x, weights = view.input(slot), view.input(1)
    dtype = TYPES.get((x.dtype, weights.dtype))
    if dtype is None or view.output.dtype not in TYPES.values():
        types = ", ".join(t.dtype.value for t in (x, weights, view.output))
        raise view.unsupported(f"types {types}")
    _require_weights(view, weights, channel_axis)
    _require_bias(view, weights.shape[channel_axis], x.dtype, without_bias)
    if view.output.dtype is dtype:
        view.require_fused()
        if dtype is not DType.FLOAT32:
            real = _require_multipliers(view, x, weights)
        if dtype is DType.INT16:
            _require_wide(view, real, slot, channel_axis)
    return dtype


def _require_wide(
    view: Preparation, real: NDArray[np.float64], slot: int, channel_axis: int
) -> None:
    """What INT16 activations demand besides: they are symmetric, and summed in INT32 or INT64."""
    for tensor in (view.input(slot), view.output):
        if view.quantized(tensor)[1]:
            raise view.wrong(
                f"{described(tensor)} is INT16 with zero-point {tensor.zero_point}: it must be 0"
            )
    require_wide_bias(view)
    require_wide_multipliers(view, real, channel_axis)


def _require_weights(view: Preparation, weights: Tensor, channel_axis: int) -> None:
    rank = 2 if view.operator.op == "FULLY_CONNECTED" else 4
    require_rank(view, weights.shape, rank, f"weights, {described(weights)},")
    if weights.data is None:
        raise view.unsupported(f"its weights, {described(weights)}, are not a constant")
    if weights.buffer is None and _computes_in_integers(view.model):
        raise view.unsupported(
            f"its weights, {described(weights)}, lie behind DEQUANTIZE, and integers are computed "
            "of its sums, whose last bits depend on their order"
        )
    if not weights.dtype.is_weight:
        return
    if weights.blocks is not None:
        require_block_scales(view, weights.blocks)
        return
    quant = weights.quant
    if quant is None:
        kind = weights.dtype.value
        raise view.wrong(f"its weights, {described(weights)}, are {kind} but have no scale")
    if weights.dtype is DType.UINT8 and quant.per_channel:
        raise view.unsupported(f"its weights, {described(weights)}, are uint8 with several scales")
    if weights.dtype is not DType.UINT8 and np.any(quant.zero_point):
        raise view.unsupported(f"its weights, {described(weights)}, have a zero-point other than 0")
    channels = weights.shape[channel_axis]
    if quant.per_channel and (quant.scale.size != channels or quant.axis != channel_axis):
        raise view.wrong(
            f"its weights, {described(weights)}, have {quant.scale.size} scales along axis "
            f"{quant.axis}, not one or {channels} along axis {channel_axis}"
        )


def _computes_in_integers(model: Model) -> bool:
    """Whether an operator writes values that count steps of a scale."""
    return any(model.tensors[t].dtype in STORED for o in model.operators for t in o.outputs)


def _require_bias(view: Preparation, channels: int, input_type: DType, slot: int) -> None:
    if not view.given(slot):
        return
    bias = view.input(slot)
    wanted = BIAS_TYPES[input_type]
    if bias.dtype not in wanted:
        needed = " or ".join(dtype.value for dtype in wanted)
        raise view.wrong(
            f"its bias, {described(bias)}, is {bias.dtype.value}, the kernel needs {needed}"
        )
    if bias.data is None:
        raise view.unsupported(f"its bias, {described(bias)}, is not a constant")
    if bias.shape not in ((channels,), (1, channels), (1, 1, 1, channels)):
        raise view.wrong(
            f"its bias, {described(bias)}, has shape {list(bias.shape)} for {channels} channels"
        )
    if bias.quant is not None and np.any(bias.quant.zero_point):
        raise view.wrong(f"its bias, {described(bias)}, has a zero-point other than 0")


def _require_multipliers(view: Preparation, x: Tensor, weights: Tensor) -> NDArray[np.float64]:
    """The real multipliers; raises MalformedModelError where one does not fit."""
    scales = weights.quantization().scale
    narrow = view.narrow_product
    input_scale, output = view.quantized(x)[0], view.quantized(view.output)[0]
    with np.errstate(all="ignore"):
        real = effective_scale(input_scale, scales, output, narrow=narrow)
    for channel in np.flatnonzero(~(real < 2.0**29)):  # NaN and infinity, too
        require_multiplier(view, float(real[channel]), f"s_x s_w / s_y of channel {channel}")
    return real


def _require_bias_scale(view: Preparation) -> None:
    """A dense layer with one weight scale: its bias is in steps of s_x s_w, or nearly.

    TFLite and TFLite Micro refuse others.
    """
    scales = view.input(1).quantization().scale
    if scales.size != 1 or not view.given(2) or view.output.dtype is DType.FLOAT32:
        return
    quant = view.input(2).quant
    stored = 0.0 if quant is None or quant.per_channel else float(quant.scale[0])
    with np.errstate(all="ignore"):
        product = float(np.float32(view.quantized(view.input(0))[0]) * np.float32(scales[0]))
    if abs(product - stored) / view.quantized(view.output)[0] > BIAS_STEPS:
        raise view.wrong(
            f"its bias, {described(view.input(2))}, has scale {stored:g}, but input and weights "
            f"make it {product:g}: TFLite does not run it"
        )
