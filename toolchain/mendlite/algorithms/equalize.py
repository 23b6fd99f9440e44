"""How much to rescale a channel so that rounding costs least.

Cross-layer equalization (Nagel et al. 2019, section 4.1) moves a positive factor per channel
from the weights that make it to the weights that read it; ReLU lets it through. Where a layer
has a scale per channel, the scales follow the weights. Where it has one scale for all, that
scale stays, and the factors are chosen so that the float weights make the best use of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUARTERS = (1.0, 1.189207115002721, 1.4142135623730951, 1.681792830507429)
"""2**0, 2**(1/4), 2**(1/2), 2**(3/4): numpy's power has other last bits on other processors."""

FACTORS = np.array([QUARTERS[n % 4] * 2.0 ** (n // 4) for n in range(-8, 17)])
"""Factors at which clipping is measured: from a quarter to 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNoise:
    """What C channels between layers suffer from rounding, and what bounds their factors.

    With a factor f, what reads the channel carries ``rounding`` / f**2 from the steps that stay
    when the channel grows (of the activations, of the weights that make it), ``own`` * f**2
    from the steps that stay when the reading weights shrink, and ``clipping`` [G, C] at the
    factors FACTORS from activations that leave their range; f64[C] in one unit. Up to ``free``
    f64[C] no activation is clipped. ``lower`` and ``upper`` f64[C] are the factors that keep all
    weights in range.
    """

    rounding: NDArray[np.float64]
    own: NDArray[np.float64]
    clipping: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    free: NDArray[np.float64]


def quotient(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Numerator / denominator; infinite where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.inf)


def channel_factors(noise: ChannelNoise) -> NDArray[np.float64]:
    """Factors f64[C] with the least noise, within bounds.

    Without clipping it is (rounding / own)**(1/4), where the two parts are equal. A channel may
    grow beyond its free range where its outliers cost less than the rounding that it saves, and
    shrink into it where they cost more. 1 where a channel is not rounded, and never beyond a
    bound that 1 breaks already.
    """
    best = np.sqrt(np.sqrt(quotient(noise.rounding, noise.own)))
    lower, upper = np.minimum(noise.lower, 1.0), np.maximum(noise.upper, 1.0)
    inside = np.maximum(np.minimum(np.clip(best, lower, upper), noise.free), lower)
    grid = np.broadcast_to(FACTORS[:, None], (FACTORS.size, best.size))
    candidates = np.concatenate([inside[None], grid])
    # The first candidate is inside its free range, or at the bound where it cannot be.
    clipped = np.concatenate([_clipped_at(noise, inside)[None], noise.clipping])
    with np.errstate(invalid="ignore", over="ignore"):
        cost = noise.rounding / candidates**2 + noise.own * candidates**2 + clipped
    forbidden = (candidates < lower) | (candidates > upper) | ~np.isfinite(cost)
    chosen = np.argmin(np.where(forbidden, np.inf, cost), axis=0)
    factors = np.take_along_axis(candidates, chosen[None], axis=0)[0]
    unknown = ~np.isfinite(inside) | ~np.isfinite(factors)
    return np.where((noise.rounding == 0) | unknown, 1.0, factors)


def _clipped_at(noise: ChannelNoise, factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clipping f64[C] at any factors: 0 when free, else that of the next larger of FACTORS."""
    place = np.clip(np.searchsorted(FACTORS, factors), 0, FACTORS.size - 1)
    clipping = np.take_along_axis(noise.clipping, place[None], axis=0)[0]
    return np.where(factors <= noise.free, 0.0, clipping)
