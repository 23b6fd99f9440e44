"""Does this float file belong to this int8 file? Layer by layer, and in one word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import norm_of, ordered_sum
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.layer_values import weight_scale
from mendlite.pairing.layers import LayerPair, real_weights

OTHER_NETWORK = 0.5
"""A layer whose weights differ from float's by more than this share of their norm was not
quantized from it: rounding to int8 costs a few per cent even per tensor."""

HALF_STEP = 0.5 + 1e-3
"""Steps by which a fresh rounding may miss, with room for scales stored as float32."""

COPY_STEP = 1e-3
"""Steps by which weights that were computed back from the int8 file may miss."""

FITS = 30
"""Rounds of fitting factors per row and column."""

UNKNOWNS = 4
"""Weights a layer needs per fitted factor for the fit to mean anything."""


class Match(Enum):
    """How the weights of one layer compare."""

    ROUNDED = "rounded"
    """Each int8 weight is the float weight rounded."""
    COPIED = "copied"
    """The float weights are the int8 weights computed back: no rounding error is left to see."""
    NEAR = "near"
    """Near, but not its rounding: repaired, or quantized by another rule."""
    RESCALED = "rescaled"
    """The same but for a factor per channel: equalized, or repaired by rescaling."""
    OTHER = "other"
    """Weights of another network."""


class PairingVerdict(Enum):
    """What the two files are to each other."""

    SAME = "same network"
    HYBRID = "hybrid twin"
    """The same network, but the float file has some layers from the int8 file."""
    RESCALED = "same network, rescaled"
    OTHER = "another network"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerMatch:
    """One layer's match and its distance (``LayerPair.distance``)."""

    number: int
    name: str
    match: Match
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The verdict and all layers."""

    verdict: PairingVerdict
    layers: tuple[LayerMatch, ...]

    def of(self, *matches: Match) -> tuple[LayerMatch, ...]:
        """The layers with one of these matches."""
        return tuple(layer for layer in self.layers if layer.match in matches)


def fitted_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """||b - r a c|| / ||b|| with the best factors per row and column of matrices [C, K].

    Found by alternating least squares; inf where the layer has too few weights to tell.
    """
    rows, columns = a.shape
    norm = norm_of(b)
    if rows * columns < UNKNOWNS * (rows + columns) or norm == 0:
        return np.inf
    r, c = np.ones((rows, 1)), np.ones((1, columns))
    for _ in range(FITS):
        part = a * c
        r = _ratio(ordered_sum(part * b, 1)[:, None], ordered_sum(np.square(part), 1)[:, None])
        part = a * r
        c = _ratio(ordered_sum(part * b, 0)[None], ordered_sum(np.square(part), 0)[None])
    return norm_of(b - r * a * c) / norm


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotient, never negative: a channel's factor keeps signs; 0 where nothing is known."""
    quotient: NDArray[np.float64] = np.divide(
        np.maximum(above, 0), below, out=np.zeros_like(above), where=below > 0
    )
    return quotient


def match_layer(reference: Model, quantized: Model, pair: LayerPair) -> Match:
    """Compare one layer's weights."""
    real = real_weights(reference, pair.reference)
    rounded = real_weights(quantized, pair.quantized)
    if pair.quantized.frozen is None and pair.distance <= OTHER_NETWORK:
        step = weight_scale(quantized, pair.quantized)[:, None]
        low, high = quantized.tensors[pair.quantized.weights].stored_range
        inside = np.clip(real, low * step, high * step)
        miss = float((np.abs(inside - rounded) / step).max(initial=0.0))
        if miss <= COPY_STEP and np.any(rounded):
            return Match.COPIED
        return Match.ROUNDED if miss <= HALF_STEP else Match.NEAR
    if pair.distance <= OTHER_NETWORK:
        return Match.NEAR
    if fitted_distance(real, rounded) <= OTHER_NETWORK / 2:
        return Match.RESCALED
    return Match.OTHER


def judge_pairs(reference: Model, quantized: Model, pairs: Sequence[LayerPair]) -> Pairing:
    """Compare all layers and put it in one word."""
    layers = tuple(
        LayerMatch(
            number=pair.quantized.number,
            name=pair.quantized.name,
            match=match_layer(reference, quantized, pair),
            distance=pair.distance,
        )
        for pair in pairs
    )
    matches = {layer.match for layer in layers}
    verdict = PairingVerdict.SAME
    if Match.OTHER in matches:
        verdict = PairingVerdict.OTHER
    elif Match.RESCALED in matches:
        verdict = PairingVerdict.RESCALED
    elif Match.COPIED in matches:
        verdict = PairingVerdict.HYBRID
    return Pairing(verdict=verdict, layers=layers)


def require_same_network(pairing: Pairing) -> None:
    """Raise BadInputError, naming the layers, where the float model is another network."""
    far = pairing.of(Match.OTHER)
    if far:
        first = far[0]
        others = ", ".join(str(layer.number) for layer in far[1:])
        more = f" (and layers {others})" if others else ""
        raise BadInputError(
            f"layer {first.number} '{first.name}'{more}: the int8 weights are "
            f"{first.distance:.0%} away from the float model's: the int8 file was made from "
            "another network; pass its own float model, or `allow_other_network` to make the file "
            "follow this one"
        )
