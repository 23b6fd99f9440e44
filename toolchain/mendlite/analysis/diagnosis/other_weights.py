"""Weights that are not the rounding of float's: clipped, or made by another quantizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mendlite.analysis.diagnosis.evidence import Evidence, percent
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.graph import Layer
from mendlite.model.layer_values import weight_scale
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.pairing.verdict import HALF_STEP, Match
from mendlite.tflite.dead import dead_channels

KIND = "other-weights"

CLIPPED = 0.01
"""Share of a layer's weights beyond its scale's range that counts as clipped weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """How one layer's stored weights miss float's: in steps, and the share that is clipped."""

    layer: Layer
    steps: float
    clipped: float


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding: all layers whose weights are near float's and not their rounding."""
    pairing = evidence.case.pairing
    if pairing is None:
        return
    near = {match.number for match in pairing.of(Match.NEAR)}
    pairs = [p for p in evidence.case.pairs if p.quantized.number in near]
    misfits = [m for p in pairs if p.quantized.frozen is None if (m := _misfit(evidence, p))]
    numbers = [misfit.layer.number for misfit in misfits]
    cost = evidence.cost_of_weights(numbers)
    if not misfits or not evidence.matters(cost):
        return
    yield make_diagnosis(
        evidence,
        KIND,
        ", ".join(evidence.layer(misfit.layer) for misfit in misfits),
        _sentence(evidence, misfits),
        cost=cost,
        recoverable=Recovery.YES,
        advice="quantize the float model's weights again, with the largest weight of each channel "
        "as 127; a file that a repair or a quantizer's own algorithm made is expected to differ",
        layers=numbers,
    )


def _misfit(evidence: Evidence, pair: LayerPair) -> Misfit | None:
    """None where only dead channels miss, which are a kind of their own."""
    alive = ~dead_channels(evidence.model, pair.quantized)
    step = weight_scale(evidence.model, pair.quantized)[alive, None]
    real = real_weights(evidence.case.reference, pair.reference)[alive] / step
    stored = real_weights(evidence.model, pair.quantized)[alive] / step
    low, high = evidence.model.tensors[pair.quantized.weights].stored_range
    missed = stored - np.clip(real, low, high)
    beyond = (real > high + 1) | (real < low)
    clipped = float(np.mean(beyond)) if real.size else 0.0
    if np.abs(missed).max(initial=0.0) <= HALF_STEP and clipped < CLIPPED:
        return None
    return Misfit(
        layer=pair.quantized, steps=float(np.sqrt(np.mean(np.square(missed)))), clipped=clipped
    )


def _sentence(evidence: Evidence, misfits: list[Misfit]) -> str:
    clipped = max(misfits, key=lambda m: m.clipped)
    count = f"{len(misfits)} of {len(evidence.case.pairs)} layers"
    if clipped.clipped >= CLIPPED:
        return (
            f"the weight scales of {count} do not hold float's weights: "
            f"{percent(clipped.clipped)} of those of {evidence.layer(clipped.layer)} are clipped"
        )
    worst = max(misfits, key=lambda m: m.steps)
    return (
        f"the weights of {count} are not float's rounded to the nearest step: those of "
        f"{evidence.layer(worst.layer)} miss by {worst.steps:.2g} steps (root mean square; "
        "rounding misses by 0.29)"
    )
