"""Expected failing tests of a classifier, beside the counted ones: part of the report."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.confidence import ConfidenceInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFailing:
    """The failing tests that one quantized model's logit errors let expect.

    ``variance`` is the mean square error of float's top-two logit difference in squared logits,
    ``failing`` the expected number among the validation samples, ``interval`` that number's.
    """

    variance: float
    failing: float
    interval: ConfidenceInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceRatio:
    """The repaired model's error variance divided by the int8 model's, on the same samples.

    Below 1 throughout ``interval``: the repair lowered it beyond what chance explains.
    """

    value: float
    interval: ConfidenceInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Expected failing tests of the int8 and of the repaired model (null: there is none).

    ``level`` is the probability of the intervals, ``small_margins`` the number of samples that
    the variance is measured on. ``ratio`` is null without a repaired file, and where either
    model has no error.
    """

    level: float
    method: str
    small_margins: int
    int8: ExpectedFailing
    repaired: ExpectedFailing | None
    ratio: VarianceRatio | None
