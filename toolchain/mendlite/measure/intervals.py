"""Exact confidence intervals of shares and of differences (Clopper and Pearson 1934).

The bounds are figures for a reader, no decision rests on them: they are found by bisection and
rounded to ``DIGITS``, so that the last bits of a machine's logarithm do not show.
"""

from __future__ import annotations

from math import exp, lgamma, log

from mendlite.measure.sign_test import independent_sign_p
from mendlite.model.confidence import ConfidenceInterval
from mendlite.model.scores import Intervals, Validation

LEVEL = 0.95
METHOD = "Clopper-Pearson"
DIGITS = 6
HALVINGS = 40
"""Of the interval [0, 1]: far below ``DIGITS``."""

NEGLIGIBLE = 1e-17
"""Share of a sum below which its further, ever smaller terms are left out."""


def intervals(validation: Validation) -> Intervals:
    """The intervals of a validation's figures."""
    samples, before, after = validation.samples, validation.int8, validation.repaired
    return Intervals(
        level=LEVEL,
        method=METHOD,
        int8_failing=share_interval(before.failing, samples, before.independent),
        repaired_failing=None
        if after is None
        else share_interval(after.failing, samples, after.independent),
        net_fixed=None
        if after is None
        else net_interval(after.fixed, after.regressed, after.independent_changes),
        net_fixed_p=None
        if after is None
        else _p(after.fixed, after.regressed, after.independent_changes),
    )


def share_interval(count: int, of: int, independent: int | None = None) -> ConfidenceInterval:
    """The interval of the share that ``count`` of ``of`` samples estimate, in [0, 1].

    It holds the true share with a probability of at least LEVEL. [0, 1] without samples.
    ``independent`` of the samples count (None: all): the ends are those of the share of them, once
    rounded down and once up.
    """
    total = of if independent is None else independent
    least, most = _scaled(count, of, total)
    high = _upper_end(most, total)
    low = 1 - _upper_end(total - least, total)
    return ConfidenceInterval(low=round(low, DIGITS), high=round(high, DIGITS))


def net_interval(fixed: int, regressed: int, independent: int | None = None) -> ConfidenceInterval:
    """The interval of fixed less regressed tests, given how many of them changed.

    ``independent`` of the changed ones count, as for ``share_interval``.
    """
    changed = fixed + regressed
    share = share_interval(fixed, changed, independent)
    ends = [changed * (2 * end - 1) for end in (share.low, share.high)]
    return ConfidenceInterval(low=round(ends[0], DIGITS), high=round(ends[1], DIGITS))


def _scaled(count: int, of: int, total: int) -> tuple[int, int]:
    """``count`` of ``of`` as a number of ``total``, rounded down and up."""
    return (count * total // of, -(-count * total // of)) if of else (0, 0)


def _p(fixed: int, regressed: int, independent: int) -> float:
    """The p-value of McNemar's exact test, rounded as the intervals are."""
    p_value = independent_sign_p(fixed, regressed, independent)
    return float(f"{p_value:.{DIGITS}g}")


def _upper_end(count: int, of: int) -> float:
    """The share above which so few of the samples, or fewer, are less likely than half the rest."""
    if count == of:
        return 1.0
    low, high = count / of, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _tail(count, of, middle) > (1 - LEVEL) / 2:
            low = middle
        else:
            high = middle
    return high


def _tail(count: int, of: int, p: float) -> float:
    """P(X <= count) of Binomial(of, p) for p in [count / of, 1): each term exceeds the next one."""
    total = term = _probability(count, of, p)
    for k in range(count, 0, -1):
        term *= k * (1 - p) / ((of - k + 1) * p)
        total += term
        if term <= NEGLIGIBLE * total:
            break
    return total


def _probability(count: int, of: int, p: float) -> float:
    """P(X = count) of Binomial(of, p), 0 < p < 1."""
    ways = lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
    return exp(ways + count * log(p) + (of - count) * log(1 - p))
