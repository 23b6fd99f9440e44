"""A quantized model against its float model on one set of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.mcnemar import mcnemar_p
from mendlite.measure.outputs import Outputs
from mendlite.measure.repeats import independent_tests
from mendlite.measure.sign_test import sign_p
from mendlite.measure.task import Labels, Quality, Task

DOUBT = 0.1
"""Two sets of failing tests differ where chance causes such a difference less often than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether one score is better than another, and which rule decided."""

    better: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """``failed`` bool[n] are the failing tests, ``losses`` f64[n] the distances from float.

    ``rms`` is the root mean square of all evaluated values' differences.
    """

    failed: NDArray[np.bool_]
    losses: NDArray[np.float64]
    rms: float
    quality: Quality

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.failed.size)

    @property
    def failing(self) -> int:
        """Number of failing tests."""
        return int(np.count_nonzero(self.failed))

    @property
    def loss(self) -> float:
        """Mean loss; 0 without samples."""
        return mean_of(self.losses)

    def better_than(self, other: Score) -> bool:
        """Whether to prefer this score of the same samples.

        The loss decides: it moves with every sample, while failing tests are few and mostly
        those near a decision. A difference in failing tests that chance does not explain (exact
        sign test at DOUBT) outweighs it either way.
        """
        return self.against(other).better

    def against(self, other: Score) -> Comparison:
        """Whether to prefer this score, as ``better_than``, and the rule that decided."""
        broken = int(np.count_nonzero(self.failed & ~other.failed))
        fixed = int(np.count_nonzero(other.failed & ~self.failed))
        p_value = sign_p(fixed, broken)
        if p_value < DOUBT:
            why = f"{fixed} tests fixed, {broken} broken (sign test, p = {p_value:.2g} < {DOUBT})"
            return Comparison(better=fixed > broken, why=why)
        better = self.loss < other.loss
        return Comparison(
            better=better, why=f"the mean loss {'fell' if better else 'did not fall'}"
        )


def score(task: Task, reference: Outputs, other: Outputs, labels: Labels | None) -> Score:
    """Score ``other`` against the float model's ``reference``."""
    difference = np.square(reference.values - other.values)
    return Score(
        failed=task.failing(reference, other),
        losses=task.loss(reference, other),
        rms=float(np.sqrt(mean_of(difference))),
        quality=task.quality(other, labels),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a repair did to the tests.

    ``fixed`` failed before and pass after, ``regressed`` passed before and fail after;
    ``independent`` of both count where samples repeat others.
    ``mcnemar_p`` is the exact two-sided p-value of McNemar's test on right and wrong outputs
    of the repaired and the float model (None without labels, or where the task has no right
    and wrong): a small value means that the repaired model's accuracy differs from float's.
    """

    fixed: int
    regressed: int
    independent: int
    mcnemar_p: float | None


def change(
    task: Task,
    reference: Outputs,
    before: Outputs,
    after: Outputs,
    labels: Labels | None,
    *,
    copies: NDArray[np.int64],
) -> Change:
    """Compare the tests before and after a repair; ``copies`` as from ``copies_of``."""
    failed, fails = task.failing(reference, before), task.failing(reference, after)
    p_value = None
    if labels is not None and labels.size:
        right, was_right = task.right(after, labels), task.right(reference, labels)
        if right is not None and was_right is not None:
            p_value = mcnemar_p(
                int(np.count_nonzero(right & ~was_right)),
                int(np.count_nonzero(~right & was_right)),
                _independent(was_right, right, copies),
            )
    return Change(
        fixed=int(np.count_nonzero(failed & ~fails)),
        regressed=int(np.count_nonzero(~failed & fails)),
        independent=_independent(failed, fails, copies),
        mcnemar_p=p_value,
    )


def _independent(was: NDArray[np.bool_], now: NDArray[np.bool_], copies: NDArray[np.int64]) -> int:
    """The independent ones among the tests that changed."""
    changed = was != now
    return independent_tests(now[changed], copies[changed])
