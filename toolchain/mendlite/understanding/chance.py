"""Whether agreement is more than chance: exact tails of the binomial distribution."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

DOUBT = 1e-3
"""Agreement that chance reaches more often than this is that of chance."""

LEAST = 0.05
"""Share of a mean loss by which another must be less to count."""


def upper_tail(hits: int, trials: int, share: float) -> float:
    """P(X >= hits) of X ~ Binomial(trials, share), in [0, 1]."""
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    terms = (
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
        + k * log(share) + (trials - k) * log1p(-share)
        for k in range(hits, trials + 1)
    )  # fmt: skip
    return min(1.0, sum(exp(term) for term in terms))


def expected_share(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """The share of equal classes of two lists [n] that have nothing to do with each other.

    The chance of Cohen's kappa: a constant list reaches it with any other.
    """
    classes = int(max(a.max(initial=0), b.max(initial=0))) + 1
    shares = (np.bincount(one, minlength=classes) / max(one.size, 1) for one in (a, b))
    first, second = shares
    return float(np.dot(first, second))


def is_chance(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    """Whether two lists of classes [n] agree no more than by chance."""
    hits = int(np.count_nonzero(a == b))
    return upper_tail(hits, int(a.size), expected_share(a, b)) > DOUBT


def clearly_less(a: NDArray[np.float64], b: NDArray[np.float64], deviations: float = 2.5) -> bool:
    """Whether losses ``a`` [n] lie below ``b`` on average: by so many standard errors (paired).

    A difference of less than a share of the losses is none, however reliable it is.
    """
    difference = b - a
    mean, spread = float(difference.mean()), float(difference.std())
    if mean <= LEAST * float(b.mean()):
        return False
    return mean * float(np.sqrt(max(difference.size, 1))) > deviations * spread
