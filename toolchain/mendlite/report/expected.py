"""Expected failing tests in words."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.model.expected import ExpectedFailing, VarianceRatio
from mendlite.model.scores import Validation


def expected_lines(validation: Validation) -> Iterator[str]:
    """The expected counts and how the error variance changed, or why there are none."""
    found = validation.expected
    if found is None:
        yield f"expected failing tests: none ({validation.not_expected})"
        return
    named = (("int8", found.int8), ("repaired", found.repaired))
    counts = [f"{name} {_count(one)}" for name, one in named if one is not None]
    yield f"expected failing tests by the errors at small margins: {', '.join(counts)}"
    if found.ratio is not None:
        yield f"variance of those errors: {ratio_words(found.ratio)}"


def ratio_words(ratio: VarianceRatio) -> str:
    """How the variance changed, with its interval."""
    low, high = ratio.interval.low, ratio.interval.high
    return f"x {ratio.value:.3g} (95 % interval {low:.3g}…{high:.3g})"


def _count(one: ExpectedFailing) -> str:
    ends = one.interval
    return f"{_tests(one.failing)} ({_tests(ends.low)}…{_tests(ends.high)})"


def _tests(number: float) -> str:
    """A number of tests, with a digit behind the point where there are few."""
    return f"{number:.1f}" if number < 100 else f"{number:.0f}"
