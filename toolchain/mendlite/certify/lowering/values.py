"""Pools, MEAN, ADD, PAD and QUANTIZE as nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.mean import mean_multiplier
from mendlite.arith.pairwise import LEFT_SHIFT, Terms
from mendlite.arith.requantize import Requantizer
from mendlite.certify.bounds.maps import Gather, identity
from mendlite.certify.bounds.network import MaximumNode, Node
from mendlite.certify.lowering.node import (
    affine_node,
    clamp_of,
    is_float,
    refusal_of,
    require_one_type,
    require_same_steps,
)
from mendlite.certify.lowering.taps import gathered, taps_of
from mendlite.certify.rounding_noise import rounding_noise, value_of, widest
from mendlite.replay.reference.context import Context


def pool(context: Context, sources: tuple[int, ...]) -> Node:
    """AVERAGE_POOL_2D: a mean, rounded half away from zero; MAX_POOL_2D."""
    require_one_type(context, (context.input(0), context.output))
    require_same_steps(context)
    window = context.pool_window()
    taps = np.moveaxis(taps_of(context, window), 1, 2)
    index = taps.reshape(-1, taps.shape[2])
    if context.operator.op == "MAX_POOL_2D":
        return _maximum(context, sources[0], index)
    count = (index >= 0).sum(axis=1, keepdims=True)
    mapped = gathered(context, index, np.broadcast_to(1.0 / count, index.shape))
    if is_float(context):
        return affine_node(context, sources, (mapped,))
    half = np.full(len(index), 0.5 * context.output.scale)
    return affine_node(context, sources, (mapped,), noise=(-half, half))


def _maximum(context: Context, source: int, index: NDArray[np.int64]) -> MaximumNode:
    _, _, step = clamp_of(context, 1)
    name = context.text_option("activation", "NONE")
    if name != "NONE":
        raise refusal_of(context, f"the fused activation {name}")
    return MaximumNode(
        name=f"operator {context.operator.index} {context.operator.op}",
        source=source,
        # Padding never wins: another tap of the window stands in for it.
        index=np.where(index >= 0, index, index.max(axis=1, keepdims=True)),
        step=step,
    )


def mean(context: Context, sources: tuple[int, ...]) -> Node:
    """MEAN: the division by the count is folded into the multiplier (``arith/mean.py``)."""
    require_one_type(context, (context.input(0), context.output))
    shape = context.input(0).shape
    axes = sorted({int(a) % len(shape) for a in context.constant(1).reshape(-1)})
    numbers = np.moveaxis(np.arange(context.input(0).elements).reshape(shape), axes, [
        len(shape) - len(axes) + n for n in range(len(axes))
    ])  # fmt: skip
    count = int(np.prod([shape[a] for a in axes]))
    index = np.ascontiguousarray(numbers).reshape(-1, count)
    if is_float(context):
        return affine_node(
            context, sources, (gathered(context, index, np.full(index.shape, 1 / count)),)
        )
    scale, step = context.input(0).scale, context.output.scale
    factor, power = mean_multiplier(count, scale / step, context.rounding)
    weight = np.full(index.shape, step * np.ldexp(float(factor), power - 31) / scale)
    half = step * widest(np.array([power]), context.rounding)
    return affine_node(context, sources, (gathered(context, index, weight),), noise=(-half, half))


def addition(context: Context, sources: tuple[int, ...]) -> Node:
    """ADD of two activations; its noise is the worst of all 65,536 pairs of bytes."""
    tensors = (context.input(0), context.input(1), context.output)
    require_one_type(context, tensors)
    if len(sources) != 2 or len({t.shape for t in tensors}) != 1:
        raise refusal_of(context, "a constant or a broadcast input")
    one = identity(context.output.elements)
    if is_float(context):
        return affine_node(context, sources, (one, one))
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
    return affine_node(context, sources, (one, one), noise=noise)


def padding(context: Context, sources: tuple[int, ...]) -> Node:
    """PAD with real zeros."""
    require_one_type(context, (context.input(0), context.output))
    require_same_steps(context)
    pairs = [(int(a), int(b)) for a, b in context.constant(1).reshape(-1, 2)]
    shape = context.input(0).shape
    numbers = np.pad(np.arange(context.input(0).elements).reshape(shape), pairs, constant_values=-1)
    index = numbers.reshape(-1, 1)
    return affine_node(context, sources, (gathered(context, index, np.ones(index.shape)),))


def requantization(context: Context, sources: tuple[int, ...]) -> Node:
    """QUANTIZE from int8 to int8."""
    require_one_type(context, (context.input(0), context.output))
    requantizer = Requantizer.of(
        context.input(0).scale / context.output.scale, rounding=context.rounding,
        zero_point=context.output.zero_point, low=-128, high=127, dtype=np.dtype(np.int8),
        reach=255,
    )  # fmt: skip
    size, step = context.output.elements, context.output.scale
    down, up = rounding_noise(requantizer, 1)
    weight = np.full((size, 1), step * float(value_of(requantizer)[0]) / context.input(0).scale)
    mapped = Gather(index=np.arange(size)[:, None], weight=weight, columns=size)
    noise = np.repeat(step * down, size), np.repeat(step * up, size)
    return affine_node(context, sources, (mapped,), noise=noise)
