"""One weight scale for channels of very different size: the small ones keep few levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mendlite.analysis.diagnosis.evidence import Evidence, times
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.graph import Layer
from mendlite.model.layer_values import steps_from_zero
from mendlite.pairing.layers import LayerPair, real_weights

KIND = "weight-spread"

SPREAD = 16.0
"""Times by which the largest channel exceeds the smallest from which few levels remain there."""

FEW = 7
"""Largest stored |weight| of a channel with few levels: fewer than 16 of 255."""

ALIVE = 1e-6
"""Share of the largest weight below which a channel is dead in float, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A layer with one weight scale: its channels' spread, and those with few levels."""

    layer: Layer
    spread: float
    few: int


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding: all layers with one scale for channels that it does not suit."""
    spreads = [s for layer in evidence.model.layers if (s := _spread(evidence, layer))]
    if not spreads:
        return
    numbers = [s.layer.number for s in spreads]
    cost = evidence.cost_of_weights(numbers)
    if not evidence.matters(cost):
        return
    worst = max(spreads, key=lambda s: s.spread)
    more = f", and {len(spreads) - 1} more layers like it" if len(spreads) > 1 else ""
    name = evidence.layer(worst.layer)
    yield make_diagnosis(
        evidence,
        KIND,
        ", ".join(evidence.layer(s.layer) for s in spreads),
        f"{name} has one weight scale for {worst.layer.channels} channels whose largest weights "
        f"differ {times(worst.spread)} times: {worst.few} channels use fewer than 16 of 255 "
        f"levels{more}",
        cost=cost,
        recoverable=Recovery.YES,
        advice="quantize the weights per channel",
        layers=numbers,
    )


def _spread(evidence: Evidence, layer: Layer) -> Spread | None:
    tensor = evidence.model.tensors[layer.weights]
    if layer.frozen is not None or layer.channels == 1 or tensor.quantization().per_channel:
        return None
    stored = np.abs(steps_from_zero(evidence.model, layer))
    pair = evidence.pair(layer)
    largest = _largest(evidence, pair) if pair else stored.max(axis=1).astype(np.float64)
    alive = largest > ALIVE * largest.max()
    if not alive.any():
        return None
    spread = float(largest.max() / largest[alive].min())
    few = int(np.count_nonzero(alive & (stored.max(axis=1) <= FEW)))
    return Spread(layer=layer, spread=spread, few=few) if few and spread >= SPREAD else None


def _largest(evidence: Evidence, pair: LayerPair) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    real = np.abs(real_weights(evidence.case.reference, pair.reference))
    return real.max(axis=1)  # type: ignore[no-any-return]
