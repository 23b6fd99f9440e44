"""A model as a verification network: exact affine sums, rounding noise, clamps.

The numbers are the kernels' own (``replay/reference``): the fixed-point multiplier's value, the
clamp's bytes, the rounding of the profile. What rounding adds is bounded from the exact
accumulator thresholds, not from a half plus something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, pad, windows
from mendlite.arith.mean import mean_multiplier
from mendlite.arith.pairwise import LEFT_SHIFT, Terms
from mendlite.arith.requantize import Requantizer
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.maps import Dense, Gather, Map, identity
from mendlite.certify.bounds.network import Affine, MaximumNode, Network, Node
from mendlite.certify.rounding_noise import rounding_noise, value_of, widest
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.operator_view import refused
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType, Tensor
from mendlite.replay.reference.context import (
    Context,
)
from mendlite.replay.reference.execute import PreparedModel, prepare
from mendlite.replay.reference.layers import bias_of, make_requantizer, weight_matrix, window_of
from mendlite.tflite.logits import logits_tensor

DENSE = 2**22
"""Entries of a matrix up to which a convolution is written as one."""

LARGEST = 2**26
"""Taps of one operator up to which it is verified at all."""

SAME_VALUES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE"})

Lowering = Callable[[Context, tuple[int, ...]], Node]


def _refused(context: Context, why: str) -> UnsupportedModelError:
    """The error that names the operator which is not verified."""
    return refused(context.operator, why, "certify does not verify it")


def lower(model: Model, profile: Profile) -> Network:
    """The network from the model's input to its logits (or its outputs, without a softmax).

    Raises UnsupportedModelError, naming the operator, before anything is computed.
    """
    program, end = prepare(model, profile), logits_tensor(model)
    _require_verifiable(program, end)
    known = {model.inputs[0]: 0}
    nodes: list[Node] = []
    for operator in model.operators:
        if end in known:
            break
        sources = tuple(known[t] for t in operator.inputs if t in known)
        if not sources or operator.op == "SHAPE":
            continue
        if _passes(program.context(operator.index)):
            known[operator.outputs[0]] = sources[0]
            continue
        nodes.append(LOWERINGS[operator.op](program.context(operator.index), sources))
        known[operator.outputs[0]] = len(nodes)
    if not nodes or end not in known:
        raise UnsupportedModelError("no operator computes the logits: nothing to verify")
    return Network(inputs=_elements(model.tensors[model.inputs[0]]), nodes=tuple(nodes))


def _require_verifiable(program: PreparedModel, end: int) -> None:
    """Raise UnsupportedModelError naming every operator that is not verified.

    What only computes shapes is no part of the network.
    """
    model = program.model
    if len(model.inputs) != 1:
        raise UnsupportedModelError(f"the model has {len(model.inputs)} inputs: one is verified")
    able = set(LOWERINGS) | SAME_VALUES | CONVERSIONS
    missing = []
    for operator in model.operators:
        computes = operator.op != "SHAPE" and program.batched & set(operator.inputs)
        if computes and operator.op not in able:
            missing.append(f"operator {operator.index} {operator.op}")
        if end in operator.outputs:
            break
    if missing:
        raise UnsupportedModelError(f"not verified: {', '.join(missing)}")


def _passes(context: Context) -> bool:
    """Whether an operator's real output values are its input's."""
    if context.operator.op in SAME_VALUES:
        _require_same_steps(context)
        return True
    kinds = {context.input(0).dtype, context.output.dtype}
    return context.operator.op in CONVERSIONS and DType.FLOAT32 in kinds


def _require_same_steps(context: Context) -> None:
    """Bytes that are moved or compared stand for the same real values before and after."""
    quants = [t.quant for t in (context.input(0), context.output)]
    if quants[0] is None or quants[1] is None or _is_float(context):
        return
    pairs = [(float(q.scale[0]), int(q.zero_point[0])) for q in quants if q is not None]
    if pairs[0] != pairs[1]:
        raise _refused(context, "its output is quantized otherwise than its input")


def input_tensor(model: Model) -> Tensor:
    """The int8 tensor whose values a box is over; a QUANTIZE of the input is looked through."""
    tensor = model.tensors[model.inputs[0]]
    if tensor.dtype is DType.FLOAT32:
        for operator in model.consumers(tensor.index):
            if operator.op == "QUANTIZE":
                return model.tensors[operator.outputs[0]]
    return tensor


def _elements(tensor: Tensor) -> int:
    return int(np.prod(tensor.shape))


def _is_float(context: Context) -> bool:
    return context.output.dtype is DType.FLOAT32


def _require(context: Context, types: tuple[Tensor, ...]) -> None:
    """One type throughout: all int8, or all float32."""
    kinds = {t.dtype for t in types}
    if kinds not in ({DType.INT8}, {DType.FLOAT32}):
        raise _refused(context, "types " + ", ".join(t.dtype.value for t in types))


def _bounds(context: Context, size: int) -> tuple[Floats, Floats, float | None]:
    """Real bounds of an operator's clamp, and its output's step."""
    if _is_float(context):
        low, high = context.fused_range()
        return np.full(size, low), np.full(size, high), None
    scale, zero = context.output.scale, context.output.zero_point
    low, high = context.output_range()
    return np.full(size, scale * (low - zero)), np.full(size, scale * (high - zero)), scale


def _affine(
    context: Context,
    sources: tuple[int, ...],
    maps: tuple[Map, ...],
    *,
    bias: Floats | None = None,
    noise: tuple[Floats, Floats] | None = None,
    kernel: NDArray[np.int64] | None = None,
) -> Affine:
    size = maps[0].shape[0]
    low, high, step = _bounds(context, size)
    none = np.zeros(size)
    return Affine(
        name=f"operator {context.operator.index} {context.operator.op}",
        sources=sources,
        maps=maps,
        bias=none if bias is None else bias,
        noise=Interval(lower=none, upper=none)
        if noise is None
        else Interval(lower=np.broadcast_to(noise[0], size), upper=np.broadcast_to(noise[1], size)),
        low=low,
        high=high,
        step=step,
        kernel=np.full((size, 1), _fingerprint(context)) if kernel is None else kernel,
    )


def _fingerprint(context: Context) -> int:
    """A number of everything that an operator without weights rounds by."""
    operator = context.operator
    tensors = [context.model.tensors[t] for t in (*operator.inputs, *operator.outputs) if t >= 0]
    quants = [
        (t.quant.scale.tolist(), t.quant.zero_point.tolist())
        for t in tensors
        if t.quant is not None
    ]
    text = repr((operator.op, sorted(operator.options.items()), quants))
    return int.from_bytes(sha256(text.encode()).digest()[:7], "little")


def _layer(context: Context, sources: tuple[int, ...]) -> Node:
    """A layer with weights: ``s_y m w / s_x`` per weight, ``s_y m b`` per bias."""
    _require(context, (context.input(0), context.input(1), context.output))
    weights, bias = _real_constants(context)
    channels = weights.shape[1]
    noise, kernel = None, None
    if not _is_float(context):
        requantizer = make_requantizer(context)
        if requantizer.wraps:
            raise _refused(context, "an accumulator may leave int32")
        factor = np.broadcast_to(value_of(requantizer), channels)
        step = context.output.scale
        down, up = rounding_noise(requantizer, channels)
        weights = weights * (step * factor / context.input(0).scale)
        bias, noise = bias * (step * factor), (step * down, step * up)
        pair = (requantizer.multiplier, requantizer.shift)
        kernel = np.stack([np.broadcast_to(v, channels) for v in pair], axis=1)
    mapped = _mapped(context, weights)
    tiles = mapped.shape[0] // channels
    return _affine(
        context, sources, (mapped,), bias=np.tile(bias, tiles),
        noise=None if noise is None else (np.tile(noise[0], tiles), np.tile(noise[1], tiles)),
        kernel=None if kernel is None else np.tile(kernel, (tiles, 1)),
    )  # fmt: skip


def _real_constants(context: Context) -> tuple[Floats, Floats]:
    """A layer's stored weights [K, C] and bias [C] (0 without) in float64.

    Raises UnsupportedModelError where a value is NaN or infinite.
    """
    stored, bias = weight_matrix(context), bias_of(context)
    if not (np.isfinite(stored).all() and (bias is None or np.isfinite(bias).all())):
        raise _refused(context, "a weight or bias is NaN or infinite")
    weights = stored.astype(np.float64)
    return weights, np.zeros(weights.shape[1]) if bias is None else bias.astype(np.float64)


def _mapped(context: Context, weights: Floats) -> Map:
    """A layer's weights [K, C] as a map of flat vectors."""
    operator = context.operator.op
    if operator == "FULLY_CONNECTED":
        rows = _elements(context.input(0)) // weights.shape[0]
        if rows != 1:
            raise _refused(context, f"{rows} rows a sample")
        return Dense(matrix=np.ascontiguousarray(weights.T))
    window = window_of(context)
    taps = _taps(context, window)
    positions, size, inputs = taps.shape
    channels = weights.shape[1]
    if operator == "CONV_2D":
        if inputs != context.input(1).shape[3]:
            raise _refused(context, "grouped channels")
        index = np.repeat(taps.reshape(positions, 1, -1), channels, axis=1)
        weight = np.broadcast_to(weights.T, (positions, channels, weights.shape[0]))
    else:
        reads = np.arange(channels) // (channels // inputs)
        index = np.moveaxis(taps[:, :, reads], 1, 2)
        weight = np.broadcast_to(weights.T, (positions, channels, size))
    return _gathered(context, index.reshape(positions * channels, -1), weight)


def _taps(context: Context, window: Window) -> NDArray[np.int64]:
    """Flat input indices [positions, taps, channels] of a window; -1 for padding."""
    _, height, width, channels = context.input(0).shape
    if window.output[0] * window.output[1] * window.size[0] * window.size[1] * channels > LARGEST:
        raise _refused(context, "more taps than are verified")
    numbers = np.arange(height * width * channels).reshape(1, height, width, channels)
    view = windows(np.ascontiguousarray(pad(numbers, window, -1)), window)
    return view.reshape(window.output[0] * window.output[1], -1, channels)


def _gathered(context: Context, index: NDArray[np.int64], weight: Floats) -> Map:
    """A map of taps; -1 stands for a real zero. A small one becomes a matrix."""
    if index.size > LARGEST:
        raise _refused(context, "more taps than are verified")
    columns = _elements(context.input(0))
    weight = np.where(index >= 0, weight.reshape(index.shape), 0.0)
    index = np.maximum(index, 0)
    if len(index) * columns > DENSE:
        return Gather(index=index, weight=weight, columns=columns)
    matrix = np.zeros((len(index), columns))
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weight)
    return Dense(matrix=matrix)


def _pool(context: Context, sources: tuple[int, ...]) -> Node:
    """AVERAGE_POOL_2D: a mean, rounded half away from zero; MAX_POOL_2D."""
    _require(context, (context.input(0), context.output))
    _require_same_steps(context)
    window = context.pool_window()
    taps = np.moveaxis(_taps(context, window), 1, 2)
    index = taps.reshape(-1, taps.shape[2])
    if context.operator.op == "MAX_POOL_2D":
        return _maximum(context, sources[0], index)
    count = (index >= 0).sum(axis=1, keepdims=True)
    mapped = _gathered(context, index, np.broadcast_to(1.0 / count, index.shape))
    if _is_float(context):
        return _affine(context, sources, (mapped,))
    half = np.full(len(index), 0.5 * context.output.scale)
    return _affine(context, sources, (mapped,), noise=(-half, half))


def _maximum(context: Context, source: int, index: NDArray[np.int64]) -> MaximumNode:
    _, _, step = _bounds(context, 1)
    name = context.text_option("activation", "NONE")
    if name != "NONE":
        raise _refused(context, f"the fused activation {name}")
    return MaximumNode(
        name=f"operator {context.operator.index} {context.operator.op}",
        source=source,
        # Padding never wins: another tap of the window stands in for it.
        index=np.where(index >= 0, index, index.max(axis=1, keepdims=True)),
        step=step,
    )


def _mean(context: Context, sources: tuple[int, ...]) -> Node:
    """MEAN: the division by the count is folded into the multiplier (``arith/mean.py``)."""
    _require(context, (context.input(0), context.output))
    shape = context.input(0).shape
    axes = sorted({int(a) % len(shape) for a in context.constant(1).reshape(-1)})
    numbers = np.moveaxis(np.arange(_elements(context.input(0))).reshape(shape), axes, [
        len(shape) - len(axes) + n for n in range(len(axes))
    ])  # fmt: skip
    count = int(np.prod([shape[a] for a in axes]))
    index = np.ascontiguousarray(numbers).reshape(-1, count)
    if _is_float(context):
        return _affine(
            context, sources, (_gathered(context, index, np.full(index.shape, 1 / count)),)
        )
    scale, step = context.input(0).scale, context.output.scale
    factor, power = mean_multiplier(count, scale / step, context.rounding)
    weight = np.full(index.shape, step * np.ldexp(float(factor), power - 31) / scale)
    half = step * widest(np.array([power]), context.rounding)
    return _affine(context, sources, (_gathered(context, index, weight),), noise=(-half, half))


def _addition(context: Context, sources: tuple[int, ...]) -> Node:
    """ADD of two activations; its noise is the worst of all 65,536 pairs of bytes."""
    tensors = (context.input(0), context.input(1), context.output)
    _require(context, tensors)
    if len(sources) != 2 or len({t.shape for t in tensors}) != 1:
        raise _refused(context, "a constant or a broadcast input")
    one = identity(_elements(context.output))
    if _is_float(context):
        return _affine(context, sources, (one, one))
    terms = Terms(
        scales=(tensors[0].scale, tensors[1].scale, tensors[2].scale),
        zero_points=(tensors[0].zero_point, tensors[1].zero_point, tensors[2].zero_point),
        low=-128, high=127, rounding=context.rounding,
    )  # fmt: skip
    twice = 2.0 * max(terms.scales[:2])
    first, second = (
        terms.scaled(terms.centred(i) << LEFT_SHIFT, terms.scales[i] / twice) for i in range(2)
    )
    total = (first[:, None] + second).reshape(-1)
    step = terms.scales[2]
    rounded = step * terms.scaled(total, twice / ((1 << LEFT_SHIFT) * step))
    real = terms.scales[0] * terms.centred(0)[:, None] + terms.scales[1] * terms.centred(1)
    error = rounded - real.reshape(-1)
    margin = 1e-12 * float(np.abs(rounded).max(initial=0.0))
    size = one.shape[0]
    noise = np.full(size, error.min() - margin), np.full(size, error.max() + margin)
    return _affine(context, sources, (one, one), noise=noise)


def _padding(context: Context, sources: tuple[int, ...]) -> Node:
    """PAD with real zeros."""
    _require(context, (context.input(0), context.output))
    _require_same_steps(context)
    pairs = [(int(a), int(b)) for a, b in context.constant(1).reshape(-1, 2)]
    shape = context.input(0).shape
    numbers = np.pad(
        np.arange(_elements(context.input(0))).reshape(shape), pairs, constant_values=-1
    )
    index = numbers.reshape(-1, 1)
    return _affine(context, sources, (_gathered(context, index, np.ones(index.shape)),))


def _requantization(context: Context, sources: tuple[int, ...]) -> Node:
    """QUANTIZE from int8 to int8."""
    _require(context, (context.input(0), context.output))
    requantizer = Requantizer.of(
        context.input(0).scale / context.output.scale, rounding=context.rounding,
        zero_point=context.output.zero_point, low=-128, high=127, dtype=np.dtype(np.int8),
        reach=255,
    )  # fmt: skip
    size, step = _elements(context.output), context.output.scale
    down, up = rounding_noise(requantizer, 1)
    weight = np.full((size, 1), step * float(value_of(requantizer)[0]) / context.input(0).scale)
    mapped = Gather(index=np.arange(size)[:, None], weight=weight, columns=size)
    noise = np.repeat(step * down, size), np.repeat(step * up, size)
    return _affine(context, sources, (mapped,), noise=noise)


LOWERINGS: Mapping[str, Lowering] = {
    "CONV_2D": _layer,
    "DEPTHWISE_CONV_2D": _layer,
    "FULLY_CONNECTED": _layer,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "ADD": _addition,
    "PAD": _padding,
    "QUANTIZE": _requantization,
}
"""Every operator that is verified, besides those that only change shape and a last SOFTMAX."""
