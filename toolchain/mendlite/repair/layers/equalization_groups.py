"""Layers between which channels may be rescaled, in both models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair
from mendlite.tflite.channel_groups import ChannelGroup, channel_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualizationGroup:
    """Layers that write common channels, and layers that read them.

    ``tensors`` are the (float, quantized) pairs of tensors that hold them, rounded each.
    ``averaged`` is true where the consumers read means over all positions only.
    """

    producers: tuple[LayerPair, ...]
    consumers: tuple[LayerPair, ...]
    tensors: tuple[tuple[int, int], ...]
    averaged: bool

    @property
    def first(self) -> int:
        """The first operator of the float model that rescaling changes."""
        return min(pair.reference.index for pair in self.producers)

    @property
    def measured(self) -> tuple[int, ...]:
        """The float tensors whose extremes and energy the noise depends on, each once."""
        inputs = [pair.reference.input for pair in (*self.producers, *self.consumers)]
        return tuple(dict.fromkeys([*(t for t, _ in self.tensors), *inputs]))


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
    return (a.producers, a.consumers, len(a.rounded)) == (b.producers, b.consumers, len(b.rounded))


def positions(model: Model, tensor: int) -> int:
    """Positions (all axes but samples and channels) of a tensor."""
    return int(np.prod(model.tensors[tensor].shape[1:-1], dtype=np.int64))


def _averaged(
    quantized: Model, producers: Sequence[LayerPair], consumers: Sequence[LayerPair]
) -> bool:
    """Whether the consumers read single positions of what the producers wrote at many."""
    read = max(positions(quantized, p.quantized.input) for p in consumers)
    written = min(positions(quantized, p.quantized.output) for p in producers)
    return read == 1 < written


def equalization_groups(
    case: Case, quantized: Model, chosen: Sequence[int]
) -> Iterator[EqualizationGroup]:
    """Groups that both models have, all of whose layers are chosen and may be rewritten."""
    twins = channel_groups(case.reference)
    for group in channel_groups(quantized):
        twin = next((t for t in twins if _same(t, group)), None)
        pairs = [case.pairs[i] for i in (*group.producers, *group.consumers)]
        usable = all(p.quantized.number in chosen and _editable(case, quantized, p) for p in pairs)
        producers, consumers = (
            tuple(case.pairs[i] for i in part) for part in (group.producers, group.consumers)
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
