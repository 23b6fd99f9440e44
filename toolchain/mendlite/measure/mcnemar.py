"""McNemar's exact test for two classifiers on the same samples."""

from __future__ import annotations

from math import exp, lgamma, log


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value, in [0, 1].

    ``only_first`` and ``only_second`` count the samples that only one of the two classifiers
    gets right. Under the null hypothesis they follow Binomial(n, 1/2), n their sum
    (McNemar 1947, exact form). 1.0 where n is 0.
    """
    if only_first < 0 or only_second < 0:
        raise ValueError("counts must not be negative")
    n, smaller = only_first + only_second, min(only_first, only_second)
    tail = sum(exp(_log_choose(n, k) - n * log(2)) for k in range(smaller + 1))
    return min(1.0, 2 * tail)
