"""How much to rescale each channel between two layers so that rounding costs least.

Cross-layer equalization (Nagel et al. 2019, section 4.1) moves a positive factor per channel
from one layer's weights to the next one's; ReLU lets it through. Where a layer has a scale per
channel, the scales follow the weights. Where it has one scale for all, that scale stays, and
the factors are chosen so that the float weights make the best use of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WEIGHT_LIMIT = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Two layers, the first one's C output channels feeding the second one alone.

    ``weight_reach`` f64[C] is the largest factor that the first layer's weights bear (infinite
    where their scales follow) and ``first_step`` f64[C] the step that stays when they grow (0
    where scales follow); ``input_energy`` is the mean sum of squares of one row of its inputs.
    ``largest`` and ``energy`` f64[C] are the float activations' maximum and mean square between
    the layers, ``step`` and ``reach`` the int8 tensor's scale and largest value (0 and
    infinity where activations stay float). ``second_largest`` f64[C] is the least factor that
    the second layer's weights bear (0 where their scales follow); ``second_energy`` and
    ``second_noise`` f64[C] sum W**2, and the squares of the steps that stay when they shrink.
    """

    weight_reach: NDArray[np.float64]
    first_step: NDArray[np.float64]
    input_energy: float
    largest: NDArray[np.float64]
    energy: NDArray[np.float64]
    step: float
    reach: float
    second_largest: NDArray[np.float64]
    second_energy: NDArray[np.float64]
    second_noise: NDArray[np.float64]


def _safe(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient; infinite where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.inf)


def channel_factors(junction: Junction) -> NDArray[np.float64]:
    """Factors f64[C] for the first layer's channels; the second layer's weights take 1 / f.

    With f, the second layer's output carries the noise (a / f)**2 of the first layer's weight
    and activation rounding and (b f)**2 of its own weight rounding, least at f = sqrt(a / b).
    f is limited so that weights and activations stay in range; 1 where a channel carries
    nothing.
    """
    j = junction
    rounding = (j.step**2 + j.first_step**2 * j.input_energy) * j.second_energy
    own = j.second_noise * j.energy
    best = np.sqrt(np.sqrt(_safe(rounding, own)))
    upper = j.weight_reach
    if np.isfinite(j.reach):
        upper = np.minimum(upper, _safe(np.full_like(j.largest, j.reach), j.largest))
    lower = np.minimum(j.second_largest, 1.0)
    factors = np.clip(best, lower, np.maximum(upper, 1.0))
    idle = (j.largest == 0) | (j.second_energy == 0) | (rounding == 0)
    return np.where(idle | ~np.isfinite(factors), 1.0, factors)
