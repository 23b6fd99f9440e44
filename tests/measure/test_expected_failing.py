"""Expected failing tests, against drawn errors whose counts are known."""

import numpy as np
import pytest
from scipy.stats import norm

from mendlite.arith.error_function import normal_density, normal_share
from mendlite.measure.expected_failing import LogitErrors, expected, not_expected, variance_ratio
from mendlite.measure.outputs import Outputs


def drawn(sigma, seed, samples=4000, classes=6):
    """Float logits, and the same with errors whose top-two difference has the variance sigma²."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (samples, classes))
    noise = rng.normal(0, sigma / np.sqrt(2), logits.shape)
    return Outputs(values=logits), Outputs(values=logits + noise)


def two_class_failing(reference, other):
    """Tests in which float's two first classes change places, which is what the count expects."""
    first, second = np.argsort(-reference.values, axis=1)[:, :2].T
    rows = np.arange(reference.count)
    return np.count_nonzero(other.values[rows, first] < other.values[rows, second])


def test_phi_and_its_density_are_those_of_scipy():
    x = np.linspace(-8, 8, 1001)
    assert normal_share(x) == pytest.approx(norm.cdf(x), abs=1e-13)
    assert normal_density(x) == pytest.approx(norm.pdf(x), rel=1e-13)


def test_the_variance_is_that_of_the_errors():
    found = expected(*drawn(0.5, 0), drawn(0.5, 0)[1])
    assert found.int8.variance == pytest.approx(0.25, rel=0.1)
    assert found.small_margins == 1000


def test_the_count_is_expected_and_its_interval_holds_it():
    many = LogitErrors.of(*drawn(0.4, 999, samples=100_000)).margins
    truth, held = 4000 * np.mean(norm.cdf(-many / 0.4)), 0
    for seed in range(40):
        reference, other = drawn(0.4, seed)
        found = expected(reference, other, other).int8
        count = two_class_failing(reference, other)
        # The count has its own, larger chance: that of so many tests.
        assert abs(count - found.failing) < 4 * np.sqrt(count)
        held += found.interval.low <= truth <= found.interval.high
    assert held >= 34


def test_a_ratio_is_paired_and_knows_the_better_file():
    reference, worse = drawn(0.5, 3)
    half = Outputs(values=(reference.values + worse.values) / 2)
    was, now = (LogitErrors.of(reference, other) for other in (worse, half))
    ratio = variance_ratio(was, now)
    assert ratio.value == pytest.approx(0.25)
    # Errors that are the same but for a factor leave no doubt, as two independent ones would.
    assert ratio.interval.low == pytest.approx(ratio.interval.high)
    other = LogitErrors.of(reference, reference)
    assert variance_ratio(was, other) is None
    equal = variance_ratio(was, LogitErrors.of(*drawn(0.5, 3)))
    assert (equal.value, equal.interval.low, equal.interval.high) == (1, 1, 1)


def test_large_margins_do_not_count():
    reference, other = drawn(0.3, 5)
    was = LogitErrors.of(reference, other)
    clipped = other.values.copy()
    clipped[~was.small] *= 0.5
    assert LogitErrors.of(reference, Outputs(values=clipped)).variance == was.variance


def test_equal_outputs_and_few_samples():
    reference, other = drawn(0.3, 6, samples=3)
    same = expected(reference, reference, other)
    assert (same.int8.failing, same.int8.interval.high, same.ratio) == (0, 0, None)
    assert same.small_margins == 3
    none = Outputs(values=np.zeros((0, 4)))
    assert expected(none, none, none).int8.failing == 0


def test_the_order_of_the_samples_changes_nothing():
    reference, other = drawn(0.3, 7)
    order = np.random.default_rng(0).permutation(reference.count)
    found = expected(reference, other, other)
    assert found == expected(reference.take(order), other.take(order), other.take(order))


def test_ties_take_the_lower_index_first():
    reference = Outputs(values=np.array([[1.0, 1.0, 1.0]]))
    found = LogitErrors.of(reference, Outputs(values=np.array([[2.0, 1.5, 9.0]])))
    assert (found.margins[0], found.errors[0]) == (0, 0.5)


def test_where_there_is_none_the_reason_is_said():
    assert not_expected("classification", "float") == ""
    assert "regression" in not_expected("regression", "float")
    assert "labels" in not_expected("classification", "labels")


def test_copies_make_no_interval_narrower():
    reference, worse = drawn(0.5, 3, samples=400)
    half = Outputs(values=(reference.values + worse.values) / 3)
    single = expected(reference, worse, half)
    trice = [Outputs(values=np.repeat(o.values, 3, axis=0)) for o in (reference, worse, half)]
    found = expected(*trice, np.full(1200, 3))
    assert found.ratio == single.ratio
    assert found.int8.variance == single.int8.variance
    for end in ("low", "high"):
        of_one = getattr(single.int8.interval, end)
        assert getattr(found.int8.interval, end) == pytest.approx(3 * of_one, rel=1e-5)
    alone = expected(*trice).int8.interval
    assert alone.high - alone.low < found.int8.interval.high - found.int8.interval.low
