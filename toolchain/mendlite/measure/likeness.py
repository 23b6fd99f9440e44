"""Whether two sets of samples lie alike near a classifier's decisions, by its margins.

A network that was trained on samples has few of them near a decision, though most of their margins
are as large as those of others: only the smallest margins tell, and only they decide about tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAREST = 20
"""Near are the margins of a twentieth of the other samples."""

TIMES, ERRORS = 2, 4.0
"""Sets are unlike where the shares differ by this factor, and by so many standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearShares:
    """Of two sets: the numbers of samples, and how many of them lie near a decision."""

    near: int
    count: int
    other_near: int
    other_count: int

    @staticmethod
    def of(margins: Floats, others: Floats) -> NearShares:
        """Of margins f64[n] and f64[m]; near are those up to the twentieth part of ``others``.

        >>> NearShares.of(np.array([3.0, 9.0]), np.arange(40.0))
        NearShares(near=0, count=2, other_near=2, other_count=40)
        """
        smallest = np.sort(others)[: -(-others.size // NEAREST)]
        most = smallest[-1] if smallest.size else -np.inf
        return NearShares(
            near=int(np.count_nonzero(margins <= most)),
            count=margins.size,
            other_near=int(np.count_nonzero(others <= most)),
            other_count=others.size,
        )

    @property
    def share(self) -> float:
        """Of the set."""
        return self.near / self.count if self.count else 0.0

    @property
    def other_share(self) -> float:
        """Of the other set."""
        return self.other_near / self.other_count if self.other_count else 0.0

    @property
    def unlike(self) -> bool:
        """Whether chance and small differences do not explain the two shares."""
        if not self.count or not self.other_count:
            return False
        both = (self.near + self.other_near) / (self.count + self.other_count)
        error = np.sqrt(both * (1 - both) * (1 / self.count + 1 / self.other_count))
        less, more = sorted((self.share, self.other_share))
        return more >= TIMES * less and more - less > ERRORS * float(error)
