"""erf and the normal distribution, from additions, products and divisions alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary

Floats = NDArray[np.float64]

BEYOND, TERMS = 6.0, 160
"""From BEYOND on erf is 1 in float64; so many terms are below its last bit there."""


def erf(x: Floats) -> Floats:
    """2 / sqrt(pi) times the integral of e**(-t * t) from 0 to x, f64 to some 2**-45.

    The series of positive terms x e**(-x * x) (2 x * x)**n / (1 3 5 ... (2 n + 1)).
    """
    inner = np.clip(x, -BEYOND, BEYOND)
    term = inner * elementary.exp(-inner * inner)
    total, twice = term.copy(), 2 * inner * inner
    for n in range(1, TERMS):
        term = term * twice / (2 * n + 1)
        total += term
    result: Floats = np.clip(total * (2 / np.sqrt(np.pi)), -1.0, 1.0)
    return result


def normal_density(x: Floats) -> Floats:
    """The standard normal distribution's density at x, f64."""
    result: Floats = elementary.exp(-0.5 * x * x) * (1 / np.sqrt(2 * np.pi))
    return result


def normal_share(x: Floats) -> Floats:
    """Phi: the standard normal distribution's share below x, f64 to some 2**-45."""
    result: Floats = 0.5 * (1.0 + erf(x * np.sqrt(0.5)))
    return result
