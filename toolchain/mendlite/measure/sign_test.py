"""The exact sign test, which McNemar's test is a case of."""

from __future__ import annotations

from math import exp, lgamma, log


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def sign_p(ups: int, downs: int) -> float:
    """Two-sided exact p-value, in [0, 1], of ``ups`` against ``downs``.

    Under the null hypothesis they follow Binomial(n, 1/2), n their sum. 1.0 where n is 0.
    """
    if ups < 0 or downs < 0:
        raise ValueError("counts must not be negative")
    n, smaller = ups + downs, min(ups, downs)
    tail = sum(exp(_log_choose(n, k) - n * log(2)) for k in range(smaller + 1))
    return min(1.0, 2 * tail)


def independent_sign_p(ups: int, downs: int, independent: int) -> float:
    """``sign_p`` where only ``independent`` of the ups and downs are independent.

    The rarer ones' part of them is rounded up: the p-value is too large rather than too small.
    """
    total, smaller = ups + downs, min(ups, downs)
    fewer = -(-smaller * independent // total) if total else 0
    return sign_p(independent - fewer, fewer)
