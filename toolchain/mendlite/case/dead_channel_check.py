"""Refuse an int8 file that killed channels which live in the float model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.layer_values import weight_scale
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.tflite.dead import dead_channels

REACH = 256
"""Steps of a channel's scale beyond which float weights cannot have been rounded to int8."""


def require_alive(quantized: Model, reference: Model, pairs: Sequence[LayerPair]) -> None:
    """Raise BadInputError, naming layer, channel and scale, for a channel dead in int8 alone.

    Public models hold many channels that are dead in both: those stay as they are. One whose
    float weights its scale cannot hold was broken by the quantization beyond repair in place.
    """
    for pair in pairs:
        layer = pair.quantized
        if layer.frozen is not None:
            continue
        scale = weight_scale(quantized, layer)
        largest = np.abs(real_weights(reference, pair.reference)).max(axis=1)
        lost = np.flatnonzero(dead_channels(quantized, layer) & (largest > REACH * scale))
        if lost.size:
            channel = int(lost[0])
            raise BadInputError(
                f"layer {layer.number} '{layer.name}', channel {channel}: its weight scale is "
                f"{scale[channel]:.3g}, but the float weights reach {largest[channel]:.3g}: the "
                "channel is dead in the int8 file alone; convert the model again"
            )
