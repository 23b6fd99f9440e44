"""What float64 arithmetic can get wrong, as margins that are added outward.

A dot product of n terms, in any order, is wrong by at most ``gamma_n = n u / (1 - n u)`` times the
sum of the absolute products, u = 2**-53 (Higham, Accuracy and Stability of Numerical Algorithms,
section 3.1). Weights that were themselves computed (a quantized layer's scale times its integer
weight is four roundings) add a few u of the same sum. ``gamma`` takes four times that, so that the
margins, which are computed in float64, too, need no margins of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNIT = 2.0**-53
"""Unit roundoff of float64."""

COMPUTED = 16
"""Roundings that went into a coefficient itself, at most."""

TINY = 1e-300
"""Added where a margin could underflow."""


def gamma(terms: int) -> float:
    """A relative bound for sums of so many products of computed coefficients."""
    return 4 * (terms + COMPUTED) * UNIT


def outward(lower: Floats, upper: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Bounds widened by sixteen roundings of ``size`` and one more step of float64."""
    margin = COMPUTED * UNIT * size + TINY
    return np.nextafter(lower - margin, -np.inf), np.nextafter(upper + margin, np.inf)
