"""Find consecutive layers between which channels can be rescaled, and measure them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pipeline.case import Case
from mendlite.pipeline.systems import activation_range
from mendlite.repair.equalize import WEIGHT_LIMIT, Junction
from mendlite.repair.pairing import LayerPair, real_weights, weight_scale
from mendlite.replay.registry import make_runner
from mendlite.tflite.dead import dead_channels

LINEAR = frozenset({"NONE", "RELU"})
"""Fused activations that let a positive factor through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Two pairs of layers, the first one's output read by the second one alone."""

    first: LayerPair
    second: LayerPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Per channel of a float tensor: largest magnitude and mean square, f64[C]."""

    largest: NDArray[np.float64]
    energy: NDArray[np.float64]


def _feeds_alone(model: Model, first: Layer, second: Layer) -> bool:
    consumers = model.consumers(first.output)
    alone = len(consumers) == 1 and consumers[0].index == second.index
    activation = str(model.operators[first.index].options.get("activation", "NONE"))
    return (
        alone
        and first.output == second.input
        and first.output not in model.outputs
        and activation in LINEAR
    )


def _editable(model: Model, layer: Layer) -> bool:
    """Whether all of the layer can be rewritten: weights, and a bias of its own."""
    buffer = model.tensors[layer.weights].buffer
    shared = buffer is not None and buffer.shared
    return layer.frozen is None and layer.bias_frozen is None and not shared


def _same_channels(model: Model, first: Layer, second: Layer) -> bool:
    """Whether the second layer's input channels are the first one's output channels."""
    shape = model.tensors[second.weights].shape
    if second.op == "DEPTHWISE_CONV_2D":
        return second.channels == first.channels
    return shape[-1] == first.channels and len(shape) == (2 if first.op == "FULLY_CONNECTED" else 4)


def follows(model: Model, layer: Layer) -> bool:
    """Whether the layer's weight scales may be edited: one per channel, and its own."""
    quant = model.tensors[layer.weights].quant
    if quant is None or not quant.per_channel or quant.zero_point_offset is None:
        return False
    own = [t.index for t in model.tensors if t.quant and t.quant.scale_offset == quant.scale_offset]
    return own == [layer.weights]


def find_places(case: Case, quantized: Model, chosen: Sequence[int]) -> Iterator[Place]:
    """Places where both models have the two layers one behind the other, both chosen."""
    pairs = [
        p
        for p in case.pairs
        if p.quantized.position in chosen
        # A "float" model may hold int8 weights itself: those cannot be rescaled exactly.
        and case.reference.tensors[p.reference.weights].dtype is DType.FLOAT32
    ]
    for first in pairs:
        for second in pairs:
            if (
                _feeds_alone(quantized, first.quantized, second.quantized)
                and _feeds_alone(case.reference, first.reference, second.reference)
                and _editable(quantized, first.quantized)
                and _editable(quantized, second.quantized)
                and _same_channels(quantized, first.quantized, second.quantized)
            ):
                yield Place(first=first, second=second)


def measure_channels(case: Case, tensors: Sequence[int]) -> dict[int, Statistics]:
    """Statistics of tensors of the float model on the repair samples, from one replay."""
    wanted = list(dict.fromkeys(tensors))
    largest: dict[int, NDArray[np.float64]] = {}
    total: dict[int, NDArray[np.float64]] = {}
    count: dict[int, int] = dict.fromkeys(wanted, 0)
    runner = make_runner("reference", case.reference, case.profile)
    for values in runner.run(case.float_inputs(case.sets.repair), wanted):
        for tensor in wanted:
            flat = values[tensor].reshape(-1, values[tensor].shape[-1]).astype(np.float64)
            top, squares = np.abs(flat).max(axis=0), np.square(flat).sum(axis=0)
            largest[tensor] = np.maximum(largest.get(tensor, top), top)
            total[tensor] = total.get(tensor, np.zeros_like(squares)) + squares
            count[tensor] += flat.shape[0]
    return {t: Statistics(largest=largest[t], energy=total[t] / max(count[t], 1)) for t in wanted}


def by_input_channel(model: Model, layer: Layer, matrix: NDArray[Any]) -> NDArray[Any]:
    """Values [C_out, K] of the weights as [C_in, all that multiply that input channel]."""
    if layer.op == "DEPTHWISE_CONV_2D":
        return matrix
    channels = model.tensors[layer.weights].shape[-1]
    return np.moveaxis(matrix.reshape(-1, channels), 1, 0)


def make_junction(
    case: Case, quantized: Model, place: Place, found: dict[int, Statistics], *, scales: bool
) -> Junction:
    """Measure one place of the float model ``case.reference`` against the file's steps.

    ``scales`` says whether weight scales per channel may follow the weights.
    """
    first, second = place.first, place.second
    weights = real_weights(case.reference, first.reference)
    behind = real_weights(case.reference, second.reference)
    steps = np.broadcast_to(weight_scale(quantized, second.quantized)[:, None], behind.shape).copy()
    per_channel = by_input_channel(case.reference, second.reference, behind)
    noise = by_input_channel(case.reference, second.reference, steps)
    held = (np.abs(per_channel) / (WEIGHT_LIMIT * noise)).max(axis=1)
    entry, between = found[first.reference.input], found[first.reference.output]
    taps = weights.shape[1] / (
        1 if first.quantized.op == "DEPTHWISE_CONV_2D" else entry.energy.size
    )
    energy = taps * (
        entry.energy.mean() if first.quantized.op == "DEPTHWISE_CONV_2D" else entry.energy.sum()
    )
    tensor = quantized.tensors[first.quantized.output]
    rounded = tensor.dtype is DType.INT8
    reach = activation_range(quantized, first.quantized.index)
    own = scales and follows(quantized, first.quantized)
    following = scales and follows(quantized, second.quantized)
    step = weight_scale(quantized, first.quantized)
    largest = np.abs(weights).max(axis=1)
    with np.errstate(divide="ignore"):
        bears = np.where(largest > 0, WEIGHT_LIMIT * step / largest, 1.0)
    if following and second.quantized.op == "DEPTHWISE_CONV_2D":
        # Each channel's own scale shrinks with it: rounding it costs what it did.
        noise = np.zeros_like(noise)
    return Junction(
        weight_reach=np.full_like(bears, np.inf) if own else bears,
        first_step=np.zeros_like(step) if own else step,
        input_energy=float(energy),
        largest=between.largest,
        energy=between.energy,
        step=float(tensor.quantization().scale[0]) if rounded else 0.0,
        reach=float(reach[1]) if rounded else np.inf,
        second_largest=np.zeros(len(per_channel)) if following else held,
        second_energy=np.square(per_channel).sum(axis=1),
        second_noise=np.square(noise).sum(axis=1),
    )


def live(quantized: Model, place: Place) -> NDArray[np.bool_]:
    """Channels between the layers that neither side counts as dead, bool[C]."""
    alive = ~dead_channels(quantized, place.first.quantized)
    if place.second.quantized.op == "DEPTHWISE_CONV_2D":
        alive &= ~dead_channels(quantized, place.second.quantized)
    return alive
