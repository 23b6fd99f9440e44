"""What consumers of channels lose where values are clipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.equalize import FACTORS
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.model.graph import Model
from mendlite.model.tensor import STORED
from mendlite.repair.layers.channel_sums import ClippedSums
from mendlite.repair.layers.equalization_groups import EqualizationGroup
from mendlite.repair.layers.system_builder import activation_range
from mendlite.replay.runner import Values

Array = NDArray[np.float64]

POSITIONS = 64
"""Positions of a sample at which clipping is measured, at least, unless all are averaged."""


SAMPLES = 256
"""Samples whose clipping is measured: the slices up to these."""


class _Lost:
    """Moments of C channels and of their values clipped to [low, high] / factor, for all FACTORS.

    A shift and a slope can be made up for: the consumers' biases and weights follow least squares.
    What is left is the residual of the linear regression of the channel on its clipped values.
    """

    def __init__(self, ends: tuple[float, float], channels: int, *, averaged: bool) -> None:
        self._low, self._high = (end / FACTORS for end in ends)
        self._averaged = averaged
        self._count = 0
        self._sums = np.zeros((FACTORS.size, 5, channels))

    def add(self, values: NDArray[Any]) -> None:
        """Count values [n, positions, C] of a float type."""
        exact = ClippedSums.of(values, averaged=self._averaged)
        self._count += exact.count
        mean, square = exact.plain()
        least, most = exact.ends()
        for index, (low, high) in enumerate(zip(self._low, self._high, strict=True)):
            parts = np.stack([mean, mean, square, square, square])
            # Most channels are inside most ranges, where the clipped values are the exact ones.
            out = ~((least >= low) & (most <= high))
            if out.any():
                parts[1, out], parts[3, out], parts[4, out] = exact.clipped((low, high), out)
            self._sums[index] += parts

    def residual(self) -> Array:
        """Mean square of what the regressions leave, f64[G, C]."""
        moments = self._sums.swapaxes(0, 1) / max(self._count, 1)
        mean, clipped, square, clipped_square, product = moments
        variance = np.maximum(square - mean**2, 0)
        shared = np.maximum(clipped_square - clipped**2, 0)
        both = product - mean * clipped
        explained = np.divide(both**2, shared, out=np.zeros_like(both), where=shared > 0)
        residual: Array = np.maximum(variance - explained, 0)
        return residual


def measure_clipping(
    slices: Iterable[Values], group: EqualizationGroup, ranges: Mapping[int, tuple[float, float]]
) -> Array:
    """Mean square f64[G, C] of what the consumers lose by values beyond the tensors' ``ranges``.

    With the group's channels FACTORS times larger, in the unit of the channels as they are. Where
    only means over all positions are read, it is the loss of the means that counts.
    """
    channels = group.producers[0].quantized.channels
    if not ranges:
        return np.zeros((FACTORS.size, channels))
    lost = {t: _Lost(ends, channels, averaged=group.averaged) for t, ends in ranges.items()}
    seen = 0
    for values in slices:
        if seen >= SAMPLES:
            break
        seen += len(values[next(iter(ranges))])
        for tensor, of in lost.items():
            flat: NDArray[Any] = values[tensor].reshape(len(values[tensor]), -1, channels)
            if not group.averaged:
                flat = flat[:, :: max(1, flat.shape[1] // POSITIONS)]
            of.add(flat)
    return ordered_sum(np.stack([of.residual() for of in lost.values()]))


def output_range(model: Model, tensor: int) -> tuple[float, float]:
    """Smallest and largest real value that an activation can hold."""
    producer = model.producer(tensor)
    return activation_range(model, producer.index if producer else 0)


def clipped_ranges(quantized: Model, group: EqualizationGroup) -> dict[int, tuple[float, float]]:
    """The ranges of the group's integer tensors, by the float tensor that each holds."""
    return {
        exact: output_range(quantized, rounded)
        for exact, rounded in group.tensors
        if quantized.tensors[rounded].dtype in STORED
    }
