"""The rounding noise of channels between layers, for factors that balance it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.equalize import ChannelNoise, quotient
from mendlite.arith.ordered_sums import ordered_sum, total_of
from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import weight_scale
from mendlite.model.tensor import STORED
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.repair.layers.channel_clipping import output_range
from mendlite.repair.layers.channel_extremes import ChannelExtremes
from mendlite.repair.layers.equalization_groups import EqualizationGroup, positions
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.support import own_scales

Array = NDArray[np.float64]
Extremes = Mapping[int, ChannelExtremes]
"""By float tensor."""


def by_input_channel(layer: Layer, channels: int, matrix: NDArray[Any]) -> NDArray[Any]:
    """Values [C_out, K] of the weights as [C_in, all that multiply that input channel]."""
    if layer.op == "DEPTHWISE_CONV_2D":
        return matrix
    return np.moveaxis(matrix.reshape(-1, channels), 1, 0)


def _largest(model: Model, layer: Layer) -> int:
    """The largest weight that the layer holds with either sign."""
    low, high = model.tensors[layer.weights].weight_range
    return max(min(-low, high), 1)


def follows(model: Model, layer: Layer) -> bool:
    """Whether the layer's weight scales may follow each channel: one per channel, its own."""
    return own_scales(model, layer) and model.tensors[layer.weights].quantization().per_channel


def _producer(
    case: Case,
    quantized: Model,
    pair: LayerPair,
    measured: Extremes,
    *,
    edit_scales: bool,
) -> tuple[Array, Array]:
    """(rounding at the channel, largest factor) from the weights that make it, f64[C] each."""
    weights = real_weights(case.reference, pair.reference)
    if edit_scales and follows(quantized, pair.quantized):
        free = np.full(len(weights), np.inf)
        return np.zeros(len(weights)), free
    step = weight_scale(quantized, pair.quantized)
    input_energy = measured[pair.reference.input].energy
    if pair.quantized.op == "DEPTHWISE_CONV_2D":
        energy = weights.shape[1] * np.repeat(input_energy, len(weights) // input_energy.size)
    else:
        energy = np.full(
            len(weights), weights.shape[1] / input_energy.size * total_of(input_energy)
        )
    upper = quotient(_largest(quantized, pair.quantized) * step, np.abs(weights).max(axis=1))
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
        return energy, stays, (np.abs(weights) / (_largest(quantized, layer) * noise)).max(axis=1)
    if layer.op == "DEPTHWISE_CONV_2D":
        # Each channel's own scale shrinks with it: rounding it costs what it did.
        stays = np.zeros_like(stays)
    return energy, stays, np.zeros(channels)


def _activation_noise(
    quantized: Model, group: EqualizationGroup, measured: Extremes
) -> tuple[Array, Array]:
    """(sum of steps**2, factor up to which nothing is clipped) of the group's tensors."""
    channels = group.producers[0].quantized.channels
    rounding, free = np.zeros(channels), np.full(channels, np.inf)
    read = max(positions(quantized, p.quantized.input) for p in group.consumers)
    for exact, rounded in group.tensors:
        tensor = quantized.tensors[rounded]
        if tensor.dtype not in STORED:
            continue
        low, high = output_range(quantized, rounded)
        # Noise of positions that a global mean takes together averages out.
        share = positions(quantized, rounded) // read if group.averaged else 1
        rounding += tensor.scale**2 / max(share, 1)
        for bound, reach in ((high, measured[exact].high), (-low, -measured[exact].low)):
            if bound > 0:
                free = np.minimum(free, quotient(np.full(channels, bound), reach))
    return rounding, free


def measure_noise(
    case: Case,
    quantized: Model,
    group: EqualizationGroup,
    measured: Extremes,
    clipping: Array,
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
    clipping = 12 * clipping * weights
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
