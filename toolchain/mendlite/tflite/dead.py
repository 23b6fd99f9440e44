"""Dead output channels: all their float weights were (nearly) zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Layer, Model

DEAD_SCALE = 1e-8
"""A weight scale below this cannot come from weights that matter: 127 steps stay under 2e-6.
Its multiplier is so small that a delta of the whole int8 range changes nothing."""


def dead_channels(model: Model, layer: Layer) -> NDArray[np.bool_]:
    """Which of the layer's channels are dead, bool[C]; they are never edited."""
    scale = model.tensors[layer.weights].quantization().scale
    return np.broadcast_to(scale < DEAD_SCALE, (layer.channels,)).copy()
