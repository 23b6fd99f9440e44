"""Expected failing tests: how many a classifier's logit errors let expect.

A test fails where the error of float's top-two logit difference exceeds the margin. That error is
much the same for all samples near a decision, so its variance over them has less noise than a
count of the few that happen to fall on the other side: with errors normal of variance s**2, a
sample of margin m fails with the probability Phi(-m / s), and the expected count is the sum over
all samples.

The variance is the mean square (errors have no sign of their own: which class is first changes
from sample to sample) over the samples of small margin. Large margins are left out: their errors
are another kind's, of clipped logits, and no test fails there. Intervals follow from the delta
method (each sample's influence on the estimate, squared and summed).

Of an eighth to a half of the samples the variance, and the count on the published ResNet files, is
the same within its interval: a quarter has enough samples and no clipped ones. What is left out
is a third class that comes first, which adds some 8 % there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp
from mendlite.arith.error_function import normal_density, normal_share
from mendlite.arith.ordered_sums import mean_of, total_of
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import rounded
from mendlite.model.confidence import ConfidenceInterval
from mendlite.model.expected import Expected, ExpectedFailing, VarianceRatio

Floats = NDArray[np.float64]

PART, FEWEST = 4, 100
"""Small margins are those of a quarter of the samples, or of FEWEST where a quarter is less."""

LEVEL, ERRORS = 0.95, 1.959963984540054
"""Probability of the intervals, and the standard errors on each side of them."""

METHOD = "delta method"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitErrors:
    """One model on n samples, by float's logits.

    ``margins`` f64[n] are float's largest logit less the second; ``errors`` f64[n] how much larger
    the same difference is in the model; ``small`` bool[n] are the samples of small margin;
    ``copies`` i64[n] how many samples are equal to each. A cluster of m equal ones moves an
    estimate m times as far as one: its influence, squared, counts m times for each of them.
    """

    margins: Floats
    errors: Floats
    small: NDArray[np.bool_]
    copies: NDArray[np.int64]

    @staticmethod
    def of(
        reference: Outputs, other: Outputs, copies: NDArray[np.int64] | None = None
    ) -> LogitErrors:
        """Of logits [n, C] with C > 1; without ``copies`` no sample equals another."""
        rows, (first, second) = np.arange(reference.count), top_two(reference.values)
        margins = margins_of(reference)
        errors = other.values[rows, first] - other.values[rows, second] - margins
        return LogitErrors(
            margins=margins,
            errors=errors,
            small=small_margins(margins),
            copies=np.ones(rows.size, np.int64) if copies is None else copies,
        )

    @property
    def variance(self) -> float:
        """The mean square error over small margins, in squared logits; 0 without samples."""
        near = self.errors[self.small]
        return mean_of(near * near)

    @property
    def failing(self) -> float:
        """The expected number of failing tests; 0 without an error."""
        deviation = float(np.sqrt(self.variance))
        return total_of(normal_share(-self.margins / deviation)) if deviation > 0 else 0.0


def margins_of(reference: Outputs) -> Floats:
    """f64[n]: the largest of each sample's logits [n, C], C > 1, less the second."""
    rows, (first, second) = np.arange(reference.count), top_two(reference.values)
    margins: Floats = reference.values[rows, first] - reference.values[rows, second]
    return margins


def not_expected(task: str, teacher: str) -> str:
    """Why a task's tests with this teacher have no expected number; empty where they have one."""
    if task != "classification":
        return f"the task is {task}: only a classifier with one label a sample has top-two logits"
    if teacher == "labels":
        return "the teacher is the labels, which have no logits"
    return ""


def expected(
    reference: Outputs, before: Outputs, after: Outputs, copies: NDArray[np.int64] | None = None
) -> Expected:
    """The expected failing tests of the int8 and of the repaired model; ``copies`` as of errors."""
    was, now = (LogitErrors.of(reference, other, copies) for other in (before, after))
    return Expected(
        level=LEVEL,
        method=METHOD,
        small_margins=int(np.count_nonzero(was.small)),
        int8=_figures(was),
        repaired=_figures(now),
        ratio=variance_ratio(was, now),
    )


def variance_ratio(was: LogitErrors, now: LogitErrors) -> VarianceRatio | None:
    """The variance of ``now`` as a share of that of ``was``, of the same samples, paired.

    The interval is the delta method's on the logarithm. None where either has no error.
    """
    if not (was.variance > 0 and now.variance > 0):
        return None
    count = np.count_nonzero(was.small)
    relative = (np.square(x.errors[x.small]) / x.variance for x in (now, was))
    influence = np.subtract(*relative)
    doubt = ERRORS * float(np.sqrt(total_of(was.copies[was.small] * influence**2))) / count
    ratio = now.variance / was.variance
    low, high = ratio * exp(np.array([-doubt, doubt]))
    interval = ConfidenceInterval(low=rounded(low), high=rounded(high))
    return VarianceRatio(value=rounded(ratio), interval=interval)


def top_two(logits: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the largest and the second largest logit; ties go to the lower index."""
    first = np.argmax(logits, axis=1)
    others = logits.copy()
    others[np.arange(len(logits)), first] = -np.inf
    return first, np.argmax(others, axis=1)


def small_margins(margins: Floats) -> NDArray[np.bool_]:
    """The samples of small margin, ties included; all of few."""
    count = max(-(-margins.size // PART), min(FEWEST, margins.size))
    if count == 0:
        return np.zeros(0, bool)
    result: NDArray[np.bool_] = margins <= np.sort(margins)[count - 1]
    return result


def _figures(model: LogitErrors) -> ExpectedFailing:
    failing, doubt = model.failing, ERRORS * _standard_error(model)
    return ExpectedFailing(
        variance=rounded(model.variance),
        failing=rounded(failing),
        interval=ConfidenceInterval(
            low=rounded(max(failing - doubt, 0.0)),
            high=rounded(min(failing + doubt, model.margins.size)),
        ),
    )


def _standard_error(model: LogitErrors) -> float:
    """Of the expected number, for samples drawn at random: margins and errors both vary.

    A sample moves the sum by its own probability and, at small margin, by what its square error
    moves the variance times the sum's slope by the variance, sum of phi(m / s) m / (2 s**3).
    """
    variance = model.variance
    if not variance > 0:
        return 0.0
    deviation = float(np.sqrt(variance))
    away = model.margins / deviation
    shares = normal_share(-away)
    slope = total_of(normal_density(away) * away) / (2 * variance)
    by_variance = (np.square(model.errors) - variance) * model.small / np.count_nonzero(model.small)
    influence = shares - mean_of(shares) + slope * by_variance
    return float(np.sqrt(total_of(model.copies * influence**2)))
