"""Channels that the quantization lost: dead in the int8 file, or held at a wrong constant.

Public models hold many channels that are dead in both files: those stay as they are. A channel is
lost where its scale is so small that it holds neither float's weights nor float's bias: the bias,
which counts in steps of s_x * s_w, then ends at the limit of int32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.layer_values import accumulator_unit, bias_of, has_integer_ends, weight_scale
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.support import own_scales

REACH = 256
"""Steps of a channel's scale beyond which float weights cannot have been rounded to int8."""

SATURATED = 2**30
"""|bias| from which it was cut to fit int32, or nearly so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostChannels:
    """The lost channels of one layer, by number.

    ``stored`` and ``float_bias`` f64[C] are the real biases of the file and of the float model for
    all channels of the layer, ``largest`` f64[C] float's largest weights. ``why_not`` states why
    no edit can give them another scale; empty where one can.
    """

    pair: LayerPair
    channels: NDArray[np.int64]
    stored: NDArray[np.float64]
    float_bias: NDArray[np.float64]
    largest: NDArray[np.float64]
    why_not: str


def lost_channels(
    quantized: Model, reference: Model, pairs: Sequence[LayerPair]
) -> Iterator[LostChannels]:
    """The layers that have lost channels."""
    for pair in pairs:
        layer = pair.quantized
        if layer.frozen is not None or quantized.tensors[layer.weights].quant is None:
            continue
        largest = np.abs(real_weights(reference, pair.reference)).max(axis=1)
        scale = weight_scale(quantized, layer)
        lost = dead_channels(quantized, layer) & (largest > REACH * scale)
        stored, float_bias = _real_biases(quantized, reference, pair)
        lost |= _held_at_a_constant(quantized, pair, stored, float_bias)
        if lost.any():
            yield LostChannels(
                pair=pair,
                channels=np.flatnonzero(lost),
                stored=stored,
                float_bias=float_bias,
                largest=largest,
                why_not=_why_not(quantized, pair),
            )


def _real_biases(
    quantized: Model, reference: Model, pair: LayerPair
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The layer's biases of the file and of the float model in real values, 0 without one."""
    zeros = np.zeros(pair.quantized.channels)
    stored, exact = bias_of(quantized, pair.quantized), bias_of(reference, pair.reference)
    real = zeros if exact is None or exact.dtype.kind != "f" else exact.astype(np.float64)
    if stored is None or not _counts_in_steps(quantized, pair):
        return (real if stored is not None else zeros), real
    return stored.astype(np.float64) * accumulator_unit(quantized, pair.quantized), real


def _counts_in_steps(quantized: Model, pair: LayerPair) -> bool:
    """Whether the layer's bias counts in steps of s_x * s_w."""
    layer, tensors = pair.quantized, quantized.tensors
    counts = layer.bias is not None and tensors[layer.bias].dtype in (DType.INT32, DType.INT64)
    return counts and has_integer_ends(quantized, layer)


def _held_at_a_constant(
    quantized: Model,
    pair: LayerPair,
    stored: NDArray[np.float64],
    float_bias: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Channels whose bias int32 cut, by more than half a step of the layer's output."""
    bias = bias_of(quantized, pair.quantized)
    # What int64 holds was never cut.
    if bias is None or bias.dtype == np.int64 or not _counts_in_steps(quantized, pair):
        return np.zeros(pair.quantized.channels, bool)
    cut = np.abs(bias.astype(np.int64)) >= SATURATED
    step = quantized.tensors[pair.quantized.output].scale
    result: NDArray[np.bool_] = cut & (np.abs(float_bias - stored) > step / 2)
    return result


def _why_not(quantized: Model, pair: LayerPair) -> str:
    """Why no edit gives the channels another scale."""
    layer = pair.quantized
    weights = quantized.tensors[layer.weights]
    if not _counts_in_steps(quantized, pair):
        return "the layer has no integer bias of an integer input"
    if weights.buffer is not None and weights.buffer.shared:
        return "its weights share their buffer"
    if layer.bias_frozen is not None:
        return layer.bias_frozen
    return "" if own_scales(quantized, layer) else "its scales are shared with another tensor"


def require_recoverable(quantized: Model, reference: Model, pairs: Sequence[LayerPair]) -> None:
    """Raise BadInputError, naming layer, channel and scale, for a channel that no edit recovers."""
    for lost in lost_channels(quantized, reference, pairs):
        layer, channel = lost.pair.quantized, int(lost.channels[0])
        scale = weight_scale(quantized, layer)[channel]
        if lost.why_not and lost.largest[channel] > REACH * scale:
            raise BadInputError(
                f"layer {layer.number} '{layer.name}', channel {channel}: its weight scale is "
                f"{scale:.3g}, but the float weights reach {lost.largest[channel]:.3g}: the "
                f"channel is dead in the int8 file alone, and {lost.why_not}; convert the model "
                "again"
            )
