"""Measure the channels between layers: what rounding costs them, how far they may grow."""

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
from mendlite.repair.equalize import WEIGHT_LIMIT, ChannelNoise, quotient
from mendlite.repair.pairing import LayerPair, real_weights, weight_scale
from mendlite.replay.registry import make_runner
from mendlite.tflite.channel_groups import ChannelGroup, channel_groups
from mendlite.tflite.dead import dead_channels

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Layers that make common channels, layers that read them.

    ``tensors`` are the (float, quantized) pairs of tensors that hold them, rounded each.
    """

    makers: tuple[LayerPair, ...]
    readers: tuple[LayerPair, ...]
    tensors: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Per channel of a float tensor: largest magnitude and mean square, f64[C]."""

    largest: Array
    energy: Array


def _editable(case: Case, quantized: Model, pair: LayerPair) -> bool:
    """Whether all of the layer can be rewritten: weights, a bias of its own, float twin."""
    layer = pair.quantized
    buffer = quantized.tensors[layer.weights].buffer
    shared = buffer is not None and buffer.shared
    real = case.reference.tensors[pair.reference.weights].dtype is DType.FLOAT32
    return layer.frozen is None and layer.bias_frozen is None and not shared and real


def _channels_read(model: Model, layer: Layer) -> int:
    """Input channels of a layer; a depthwise one with a multiplier counts as none."""
    if layer.op == "DEPTHWISE_CONV_2D":
        same = model.tensors[layer.input].shape[-1] == layer.channels
        return layer.channels if same else 0
    return model.tensors[layer.weights].shape[-1]


def _same(a: ChannelGroup, b: ChannelGroup) -> bool:
    return (a.makers, a.readers, len(a.rounded)) == (b.makers, b.readers, len(b.rounded))


def find_places(case: Case, quantized: Model, chosen: Sequence[int]) -> Iterator[Place]:
    """Groups that both models have, all of whose layers are chosen and may be rewritten."""
    twins = channel_groups(case.reference)
    for group in channel_groups(quantized):
        twin = next((t for t in twins if _same(t, group)), None)
        pairs = [case.pairs[i] for i in (*group.makers, *group.readers)]
        usable = all(
            p.quantized.position in chosen and _editable(case, quantized, p) for p in pairs
        )
        makers, readers = (
            tuple(case.pairs[i] for i in part) for part in (group.makers, group.readers)
        )
        widths = {p.quantized.channels for p in makers}
        widths |= {_channels_read(quantized, p.quantized) for p in readers}
        if twin is not None and usable and len(widths) == 1:
            own = [(p.reference.output, p.quantized.output) for p in makers]
            inner = list(zip(twin.rounded, group.rounded, strict=True))
            yield Place(makers=makers, readers=readers, tensors=(*own, *inner))


def measure_channels(case: Case, tensors: Sequence[int]) -> dict[int, Statistics]:
    """Statistics of tensors of the float model on the repair samples, from one replay."""
    wanted = list(dict.fromkeys(tensors))
    largest: dict[int, Array] = {}
    total: dict[int, Array] = {}
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


def by_input_channel(layer: Layer, channels: int, matrix: NDArray[Any]) -> NDArray[Any]:
    """Values [C_out, K] of the weights as [C_in, all that multiply that input channel]."""
    if layer.op == "DEPTHWISE_CONV_2D":
        return matrix
    return np.moveaxis(matrix.reshape(-1, channels), 1, 0)


def follows(model: Model, layer: Layer) -> bool:
    """Whether the layer's weight scales may be edited: one per channel, and its own."""
    quant = model.tensors[layer.weights].quant
    if quant is None or not quant.per_channel:
        return False
    own = [t.index for t in model.tensors if t.quant and t.quant.scale_offset == quant.scale_offset]
    return own == [layer.weights]


def tensors_to_measure(place: Place) -> list[int]:
    """The float tensors whose statistics ``measure_noise`` needs."""
    entries = [p.reference.input for p in (*place.makers, *place.readers)]
    return [*(t for t, _ in place.tensors), *entries]


def _maker(
    case: Case, quantized: Model, pair: LayerPair, found: dict[int, Statistics], *, scales: bool
) -> tuple[Array, Array]:
    """(rounding at the channel, largest factor) from the weights that make it, f64[C] each."""
    weights = real_weights(case.reference, pair.reference)
    if scales and follows(quantized, pair.quantized):
        free = np.full(len(weights), np.inf)
        return np.zeros(len(weights)), free
    step, entry = weight_scale(quantized, pair.quantized), found[pair.reference.input].energy
    if pair.quantized.op == "DEPTHWISE_CONV_2D":
        energy = weights.shape[1] * np.repeat(entry, len(weights) // entry.size)
    else:
        energy = np.full(len(weights), weights.shape[1] / entry.size * entry.sum())
    upper = quotient(WEIGHT_LIMIT * step, np.abs(weights).max(axis=1))
    return np.square(step) * energy, np.where(np.isfinite(upper), upper, 1.0)


def _reader(
    case: Case, quantized: Model, pair: LayerPair, channels: int, *, scales: bool
) -> tuple[Array, Array, Array]:
    """(sum of W**2, sum of steps**2 that stay, least factor) per input channel, f64[C] each."""
    layer = pair.quantized
    real = real_weights(case.reference, pair.reference)
    steps = np.broadcast_to(weight_scale(quantized, layer)[:, None], real.shape).copy()
    weights = by_input_channel(layer, channels, real)
    noise = by_input_channel(layer, channels, steps)
    energy, stays = np.square(weights).sum(axis=1), np.square(noise).sum(axis=1)
    if not (scales and follows(quantized, layer)):
        return energy, stays, (np.abs(weights) / (WEIGHT_LIMIT * noise)).max(axis=1)
    if layer.op == "DEPTHWISE_CONV_2D":
        # Each channel's own scale shrinks with it: rounding it costs what it did.
        stays = np.zeros_like(stays)
    return energy, stays, np.zeros(channels)


def measure_noise(
    case: Case, quantized: Model, place: Place, found: dict[int, Statistics], *, scales: bool
) -> ChannelNoise:
    """Measure one place of the float model ``case.reference`` against the file's steps.

    ``scales`` says whether weight scales per channel may follow the weights.
    """
    channels = place.makers[0].quantized.channels
    made = [_maker(case, quantized, pair, found, scales=scales) for pair in place.makers]
    read = [_reader(case, quantized, pair, channels, scales=scales) for pair in place.readers]
    rounding = np.sum([m[0] for m in made], axis=0)
    upper: Array = np.min(np.stack([m[1] for m in made]), axis=0)
    lower: Array = np.max(np.stack([r[2] for r in read]), axis=0)
    for exact, rounded in place.tensors:
        tensor = quantized.tensors[rounded]
        if tensor.dtype is DType.INT8:
            producer = quantized.producer(rounded)
            _, reach = activation_range(quantized, producer.index if producer else 0)
            rounding = rounding + float(tensor.quantization().scale[0]) ** 2
            upper = np.minimum(upper, quotient(np.full(channels, reach), found[exact].largest))
    energies = [found[pair.reference.input].energy for pair in place.readers]
    own = np.sum([r[1] * e for r, e in zip(read, energies, strict=True)], axis=0)
    alive = np.all([m > 0 for m in (np.sum([r[0] for r in read], axis=0), energies[0])], axis=0)
    return ChannelNoise(
        rounding=np.where(alive, rounding * np.sum([r[0] for r in read], axis=0), 0.0),
        own=own,
        lower=lower,
        upper=upper,
    )


def live(quantized: Model, place: Place) -> NDArray[np.bool_]:
    """Channels that no side counts as dead, bool[C]."""
    alive = np.ones(place.makers[0].quantized.channels, bool)
    for pair in place.makers:
        alive &= ~dead_channels(quantized, pair.quantized)
    for pair in place.readers:
        if pair.quantized.op == "DEPTHWISE_CONV_2D":
            alive &= ~dead_channels(quantized, pair.quantized)
    return alive
