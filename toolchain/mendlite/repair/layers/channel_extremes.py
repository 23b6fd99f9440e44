"""Extremes and energy of the channels of float tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.repair.layers.channel_sums import ends_of, sum_of_squares
from mendlite.replay.runner import Values

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelExtremes:
    """Per channel of a float tensor: smallest, largest and mean square value, f64[C]."""

    low: Array
    high: Array
    energy: Array


def measure_channels(
    slices: Iterable[Values], tensors: Sequence[int]
) -> dict[int, ChannelExtremes]:
    """Extremes and energy of ``tensors``, from the slices of one replay."""
    low: dict[int, Array] = {}
    high: dict[int, Array] = {}
    total: dict[int, Array] = {}
    count = dict.fromkeys(tensors, 0)
    for values in slices:
        for tensor in tensors:
            flat = values[tensor].reshape(-1, values[tensor].shape[-1])
            bottom, top = ends_of(flat)
            low[tensor] = np.minimum(low.get(tensor, bottom), bottom)
            high[tensor] = np.maximum(high.get(tensor, top), top)
            total[tensor] = total.get(tensor, np.zeros_like(top)) + sum_of_squares(flat)
            count[tensor] += flat.shape[0]
    return {
        t: ChannelExtremes(low=low[t], high=high[t], energy=total[t] / max(count[t], 1))
        for t in tensors
    }
