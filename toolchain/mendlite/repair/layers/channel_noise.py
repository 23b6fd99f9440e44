"""Measure the channels between layers: what rounding costs them, how far they may grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.equalize import FACTORS, ChannelNoise, quotient
from mendlite.arith.ordered_sums import ordered_mean, ordered_sum, total_of
from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import weight_scale
from mendlite.model.samples import Samples
from mendlite.model.tensor import WEIGHT_LIMIT, DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.repair.layers.system_builder import activation_range
from mendlite.replay.registry import make_runner
from mendlite.tflite.channel_groups import ChannelGroup, channel_groups
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.support import own_scales

Array = NDArray[np.float64]

CLIPPED = 256
"""Repair samples whose clipping is measured."""

POSITIONS = 64
"""Positions of a sample at which clipping is measured, at least, unless all are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualizationGroup:
    """Layers that make common channels, layers that read them.

    ``tensors`` are the (float, quantized) pairs of tensors that hold them, rounded each.
    ``averaged`` is true where the consumers read means over all positions only.
    """

    producers: tuple[LayerPair, ...]
    consumers: tuple[LayerPair, ...]
    tensors: tuple[tuple[int, int], ...]
    averaged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelExtremes:
    """Per channel of a float tensor: smallest, largest and mean square value, f64[C]."""

    low: Array
    high: Array
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


def _positions(model: Model, tensor: int) -> int:
    return int(np.prod(model.tensors[tensor].shape[1:-1], dtype=np.int64))


def _averaged(
    quantized: Model, producers: Sequence[LayerPair], consumers: Sequence[LayerPair]
) -> bool:
    """Whether the consumers read single positions of what the producers wrote at many."""
    read = max(_positions(quantized, p.quantized.input) for p in consumers)
    written = min(_positions(quantized, p.quantized.output) for p in producers)
    return read == 1 < written


def equalization_groups(
    case: Case, quantized: Model, chosen: Sequence[int]
) -> Iterator[EqualizationGroup]:
    """Groups that both models have, all of whose layers are chosen and may be rewritten."""
    twins = channel_groups(case.reference)
    for group in channel_groups(quantized):
        twin = next((t for t in twins if _same(t, group)), None)
        pairs = [case.pairs[i] for i in (*group.makers, *group.readers)]
        usable = all(p.quantized.number in chosen and _editable(case, quantized, p) for p in pairs)
        producers, consumers = (
            tuple(case.pairs[i] for i in part) for part in (group.makers, group.readers)
        )
        widths = {p.quantized.channels for p in producers}
        widths |= {_channels_read(quantized, p.quantized) for p in consumers}
        if twin is not None and usable and len(widths) == 1:
            own = [(p.reference.output, p.quantized.output) for p in producers]
            inner = list(zip(twin.rounded, group.rounded, strict=True))
            yield EqualizationGroup(
                producers=producers,
                consumers=consumers,
                tensors=(*own, *inner),
                averaged=_averaged(quantized, producers, consumers),
            )


def measure_channels(case: Case, tensors: Sequence[int]) -> dict[int, ChannelExtremes]:
    """Statistics of tensors of the float model on the repair samples, from one replay."""
    wanted = list(dict.fromkeys(tensors))
    low: dict[int, Array] = {}
    high: dict[int, Array] = {}
    total: dict[int, Array] = {}
    count: dict[int, int] = dict.fromkeys(wanted, 0)
    for values in _replay(case, wanted, case.sets.repair):
        for tensor in wanted:
            flat = values[tensor].reshape(-1, values[tensor].shape[-1]).astype(np.float64)
            bottom, top = flat.min(axis=0), flat.max(axis=0)
            low[tensor] = np.minimum(low.get(tensor, bottom), bottom)
            high[tensor] = np.maximum(high.get(tensor, top), top)
            total[tensor] = total.get(tensor, np.zeros_like(top)) + ordered_sum(np.square(flat))
            count[tensor] += flat.shape[0]
    return {
        t: ChannelExtremes(low=low[t], high=high[t], energy=total[t] / max(count[t], 1))
        for t in wanted
    }


def _replay(
    case: Case, tensors: Sequence[int], samples: Samples
) -> Iterator[Mapping[int, NDArray[np.generic]]]:
    runner = make_runner("reference", case.reference, case.profile)
    return iter(runner.run(case.float_inputs(samples), tensors))


class _Lost:
    """Moments of C channels and of their clipped values: what a consumer cannot make up for.

    A shift and a slope can be: the consumers' biases and weights follow least squares. What is left
    is the residual of the linear regression of the channel on its clipped values.
    """

    def __init__(self, channels: int) -> None:
        self._count = 0
        self._sums = np.zeros((5, channels))

    def add(self, exact: Array, clipped: Array) -> None:
        """Count values [n, C] of both."""
        self._count += len(exact)
        parts = (exact, clipped, exact * exact, clipped * clipped, exact * clipped)
        self._sums += np.stack([ordered_sum(part) for part in parts])

    def residual(self) -> Array:
        """Mean square of what the regression leaves, f64[C]."""
        mean, clipped, square, clipped_square, product = self._sums / max(self._count, 1)
        variance = np.maximum(square - mean**2, 0)
        shared = np.maximum(clipped_square - clipped**2, 0)
        both = product - mean * clipped
        explained = np.divide(both**2, shared, out=np.zeros_like(both), where=shared > 0)
        residual: Array = np.maximum(variance - explained, 0)
        return residual


def measure_clipping(case: Case, quantized: Model, group: EqualizationGroup) -> Array:
    """Mean square f64[G, C] of what the consumers lose by values beyond the tensors' ranges.

    With the group's channels FACTORS times larger, in the unit of the channels as they are. Where
    only means over all positions are read, it is the loss of the means that counts.
    """
    channels = group.producers[0].quantized.channels
    ranges = {
        exact: output_range(quantized, rounded)
        for exact, rounded in group.tensors
        if quantized.tensors[rounded].dtype is DType.INT8
    }
    if not ranges:
        return np.zeros((FACTORS.size, channels))
    lost = {(t, i): _Lost(channels) for t in ranges for i in range(FACTORS.size)}
    for values in _replay(case, list(ranges), case.sets.repair.some(CLIPPED)):
        for tensor, (low, high) in ranges.items():
            flat: NDArray[Any] = values[tensor].reshape(len(values[tensor]), -1, channels)
            if not group.averaged:
                flat = flat[:, :: max(1, flat.shape[1] // POSITIONS)]
            flat = flat.astype(np.float64)
            exact = _read(flat, averaged=group.averaged)
            for index, factor in enumerate(FACTORS):
                clipped = _read(np.clip(flat, low / factor, high / factor), averaged=group.averaged)
                lost[tensor, index].add(exact, clipped)
    residuals = [
        ordered_sum(np.stack([lost[tensor, index].residual() for tensor in ranges]))
        for index in range(FACTORS.size)
    ]
    return np.stack(residuals)


def _read(values: Array, *, averaged: bool) -> Array:
    """Values [n, positions, C] as the consumers read them, [m, C]."""
    seen: Array = ordered_mean(values, 1) if averaged else values.reshape(-1, values.shape[2])
    return seen


def output_range(model: Model, tensor: int) -> tuple[float, float]:
    """Smallest and largest real value that an activation can hold."""
    producer = model.producer(tensor)
    return activation_range(model, producer.index if producer else 0)


def by_input_channel(layer: Layer, channels: int, matrix: NDArray[Any]) -> NDArray[Any]:
    """Values [C_out, K] of the weights as [C_in, all that multiply that input channel]."""
    if layer.op == "DEPTHWISE_CONV_2D":
        return matrix
    return np.moveaxis(matrix.reshape(-1, channels), 1, 0)


def follows(model: Model, layer: Layer) -> bool:
    """Whether the layer's weight scales may follow each channel: one per channel, its own."""
    return own_scales(model, layer) and model.tensors[layer.weights].quantization().per_channel


def tensors_to_measure(group: EqualizationGroup) -> list[int]:
    """The float tensors whose statistics ``measure_noise`` needs."""
    entries = [p.reference.input for p in (*group.producers, *group.consumers)]
    return [*(t for t, _ in group.tensors), *entries]


def _producer(
    case: Case,
    quantized: Model,
    pair: LayerPair,
    measured: dict[int, ChannelExtremes],
    *,
    edit_scales: bool,
) -> tuple[Array, Array]:
    """(rounding at the channel, largest factor) from the weights that make it, f64[C] each."""
    weights = real_weights(case.reference, pair.reference)
    if edit_scales and follows(quantized, pair.quantized):
        free = np.full(len(weights), np.inf)
        return np.zeros(len(weights)), free
    step, entry = weight_scale(quantized, pair.quantized), measured[pair.reference.input].energy
    if pair.quantized.op == "DEPTHWISE_CONV_2D":
        energy = weights.shape[1] * np.repeat(entry, len(weights) // entry.size)
    else:
        energy = np.full(len(weights), weights.shape[1] / entry.size * total_of(entry))
    upper = quotient(WEIGHT_LIMIT * step, np.abs(weights).max(axis=1))
    return np.square(step) * energy, np.where(np.isfinite(upper), upper, 1.0)


def _consumer(
    case: Case, quantized: Model, pair: LayerPair, channels: int, *, edit_scales: bool
) -> tuple[Array, Array, Array]:
    """(sum of W**2, sum of steps**2 that stay, least factor) per input channel, f64[C] each."""
    layer = pair.quantized
    real = real_weights(case.reference, pair.reference)
    steps = np.broadcast_to(weight_scale(quantized, layer)[:, None], real.shape).copy()
    weights = by_input_channel(layer, channels, real)
    noise = by_input_channel(layer, channels, steps)
    energy, stays = ordered_sum(np.square(weights), 1), ordered_sum(np.square(noise), 1)
    if not (edit_scales and follows(quantized, layer)):
        return energy, stays, (np.abs(weights) / (WEIGHT_LIMIT * noise)).max(axis=1)
    if layer.op == "DEPTHWISE_CONV_2D":
        # Each channel's own scale shrinks with it: rounding it costs what it did.
        stays = np.zeros_like(stays)
    return energy, stays, np.zeros(channels)


def _activation_noise(
    quantized: Model, group: EqualizationGroup, measured: dict[int, ChannelExtremes]
) -> tuple[Array, Array]:
    """(sum of steps**2, factor up to which nothing is clipped) of the group's tensors."""
    channels = group.producers[0].quantized.channels
    rounding, free = np.zeros(channels), np.full(channels, np.inf)
    read = max(_positions(quantized, p.quantized.input) for p in group.consumers)
    for exact, rounded in group.tensors:
        tensor = quantized.tensors[rounded]
        if tensor.dtype is not DType.INT8:
            continue
        low, high = output_range(quantized, rounded)
        # Noise of positions that a global mean takes together averages out.
        share = _positions(quantized, rounded) // read if group.averaged else 1
        rounding += tensor.scale**2 / max(share, 1)
        for bound, reach in ((high, measured[exact].high), (-low, -measured[exact].low)):
            if bound > 0:
                free = np.minimum(free, quotient(np.full(channels, bound), reach))
    return rounding, free


def measure_noise(
    case: Case,
    quantized: Model,
    group: EqualizationGroup,
    measured: dict[int, ChannelExtremes],
    *,
    edit_scales: bool,
) -> ChannelNoise:
    """Measure one group of the float model ``case.reference`` against the file's steps.

    With ``edit_scales``, weight scales per channel may follow the weights.
    """
    channels = group.producers[0].quantized.channels
    made = [
        _producer(case, quantized, pair, measured, edit_scales=edit_scales)
        for pair in group.producers
    ]
    read = [
        _consumer(case, quantized, pair, channels, edit_scales=edit_scales)
        for pair in group.consumers
    ]
    upper: Array = np.min(np.stack([m[1] for m in made]), axis=0)
    lower: Array = np.max(np.stack([r[2] for r in read]), axis=0)
    rounding, free = _activation_noise(quantized, group, measured)
    rounding = rounding + ordered_sum(np.stack([m[0] for m in made]))
    energies = [measured[pair.reference.input].energy for pair in group.consumers]
    own = ordered_sum(np.stack([r[1] * e for r, e in zip(read, energies, strict=True)]))
    weights = ordered_sum(np.stack([r[0] for r in read]))
    alive = (weights > 0) & (energies[0] > 0)
    # Rounding errors are uniform: a twelfth of a step squared.
    clipping = 12 * measure_clipping(case, quantized, group) * weights
    return ChannelNoise(
        rounding=np.where(alive, rounding * weights, 0.0),
        own=own,
        clipping=np.where(alive, clipping, 0.0),
        lower=lower,
        upper=upper,
        free=free,
    )


def live(quantized: Model, group: EqualizationGroup) -> NDArray[np.bool_]:
    """Channels that no side counts as dead, bool[C]."""
    alive = np.ones(group.producers[0].quantized.channels, bool)
    for pair in group.producers:
        alive &= ~dead_channels(quantized, pair.quantized)
    for pair in group.consumers:
        if pair.quantized.op == "DEPTHWISE_CONV_2D":
            alive &= ~dead_channels(quantized, pair.quantized)
    return alive
