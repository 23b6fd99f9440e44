"""Samples of equal contents: how many independent tests a set with repeats amounts to.

Equal samples have equal outputs: a test that fails does so in each of its copies, and an interval
that counted each of them would be too narrow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def copies_of(contents: list[bytes], tests: int) -> Counts:
    """i64[tests]: how many samples have the contents of each test's, itself among them.

    ``contents`` are the samples' digests; ``tests`` a multiple of their number, a sample's tests
    one behind the other.
    """
    _, place, count = np.unique(np.array(contents), return_inverse=True, return_counts=True)
    each: Counts = count.astype(np.int64)[place.reshape(-1)]
    return np.repeat(each, tests // max(1, len(contents)))


def distinct_tests(copies: Counts) -> int:
    """Tests of samples that no earlier one equals."""
    numbers, times = np.unique(copies, return_counts=True)
    return int(sum(int(t) // int(n) for n, t in zip(numbers, times, strict=True)))


def independent_tests(hit: NDArray[np.bool_], copies: Counts) -> int:
    """The effective number of n tests whose share ``hit`` is estimated, rounded down; 0 of none.

    Copies are clusters with the same result. With k of n hit, it is p (1 - p) over the variance of
    the estimate p = k / n, which is the sum over clusters of the squares of size times (hit - p),
    over n squared (Korn and Graubard 1998); never more than n squared over the sum of squared sizes
    (Kish 1965), which also serves where p is 0 or 1. Without repeats it is n. In exact integers.
    """
    n, k = int(hit.size), int(np.count_nonzero(hit))
    if not n:
        return 0
    # The copies of a cluster of size m add m each: m squared together.
    of_hit, of_others = int(copies[hit].sum()), int(copies[~hit].sum())
    kish = n * n // (of_hit + of_others)
    if k in (0, n):
        return max(1, kish)
    spread = of_hit * (n - k) ** 2 + of_others * k**2
    return max(1, min(kish, k * (n - k) * n * n // spread))
