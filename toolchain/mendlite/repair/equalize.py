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

WEIGHT_LIMIT = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNoise:
    """What C channels between layers suffer from rounding, and what bounds their factors.

    With a factor f, what reads the channel carries ``rounding`` / f**2 from the steps that stay
    when the channel grows (of the activations, of the weights that make it) and ``own`` * f**2
    from the steps that stay when the reading weights shrink; f64[C] in one unit. ``lower`` and
    ``upper`` f64[C] are the factors that keep all weights and activations in range.
    """

    rounding: NDArray[np.float64]
    own: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def quotient(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Numerator / denominator; infinite where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.inf)


def channel_factors(noise: ChannelNoise) -> NDArray[np.float64]:
    """Factors f64[C]: (rounding / own)**(1/4), where the two parts are equal, within bounds.

    1 where a channel is not rounded, and never beyond a bound that 1 breaks already.
    """
    best = np.sqrt(np.sqrt(quotient(noise.rounding, noise.own)))
    lower, upper = np.minimum(noise.lower, 1.0), np.maximum(noise.upper, 1.0)
    factors = np.clip(best, lower, upper)
    return np.where((noise.rounding == 0) | ~np.isfinite(factors), 1.0, factors)
