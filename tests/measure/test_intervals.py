"""Exact intervals, against scipy's beta distribution."""

from dataclasses import replace

import pytest
from scipy.stats import beta, binomtest

from mendlite.measure.intervals import intervals, net_interval, share_interval
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore, Validation


@pytest.mark.parametrize(
    ("count", "of"),
    [
        (0, 1),
        (1, 1),
        (0, 450),
        (3, 450),
        (10, 450),
        (450, 450),
        (449, 450),
        (7, 50_000),
        (25_000, 50_000),
    ],
)
def test_an_interval_is_that_of_clopper_and_pearson(count, of):
    found = share_interval(count, of)
    low = 0.0 if count == 0 else beta.ppf(0.025, count, of - count + 1)
    high = 1.0 if count == of else beta.ppf(0.975, count + 1, of - count)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_three_of_450_is_one_to_nine():
    found = share_interval(3, 450)
    assert (round(450 * found.low), round(450 * found.high)) == (1, 9)


def test_without_samples_nothing_is_known():
    assert (share_interval(0, 0).low, share_interval(0, 0).high) == (0.0, 1.0)
    assert (net_interval(0, 0).low, net_interval(0, 0).high) == (0.0, 0.0)


def test_the_net_of_fixed_tests_excludes_nothing_only_where_the_test_is_significant():
    for fixed, regressed in ((7, 0), (5, 0), (82, 5), (4, 3), (0, 9)):
        found = net_interval(fixed, regressed)
        assert found.low <= fixed - regressed <= found.high
        significant = binomtest(fixed, fixed + regressed).pvalue < 0.05
        assert significant == (found.low > 0 or found.high < 0)


def validation(repaired):
    return Validation(
        task="classification",
        loss_name="KL",
        teacher="float",
        samples=450,
        distinct=450,
        float=FloatScore(accuracy=None, auc=None, error=None),
        int8=QuantizedScore(
            accuracy=None,
            auc=None,
            error=None,
            failing=10,
            loss=1.0,
            kl=1.0,
            rms=1.0,
            independent=450,
        ),
        repaired=repaired,
    )


def test_a_validation_has_its_intervals():
    repaired = RepairedScore(
        accuracy=None, auc=None, error=None, failing=3, fixed=7, regressed=0, loss=0.5, kl=0.5,
        rms=0.5, mcnemar_p=None, independent=450, independent_changes=7,
    )  # fmt: skip
    found = intervals(validation(repaired))
    assert found.int8_failing == share_interval(10, 450)
    assert found.repaired_failing == share_interval(3, 450)
    assert found.net_fixed == net_interval(7, 0)
    assert found.net_fixed_p == pytest.approx(2 / 2**7)
    alone = intervals(validation(None))
    assert (alone.repaired_failing, alone.net_fixed, alone.net_fixed_p) == (None, None, None)


def test_copies_narrow_no_interval():
    repaired = RepairedScore(
        accuracy=None, auc=None, error=None, failing=0, fixed=10, regressed=0, loss=0.5, kl=0.5,
        rms=0.5, mcnemar_p=None, independent=45, independent_changes=1,
    )  # fmt: skip
    found = validation(repaired)
    found = intervals(replace(found, distinct=45, int8=replace(found.int8, independent=45)))
    # 10 of 450 are 1 of 45: none, rounded down and 1 up are the whole 1 here
    assert found.int8_failing == share_interval(1, 45)
    assert found.repaired_failing == share_interval(0, 45)
    # one distinct test was fixed: that has a chance of 1 in 2, two-sided 1
    assert (found.net_fixed.low, found.net_fixed.high) == pytest.approx((-9.5, 10), abs=1e-6)
    assert found.net_fixed_p == 1.0


def test_a_share_between_two_counts_is_rounded_both_ways():
    found = share_interval(15, 100, 10)
    assert (found.low, found.high) == (share_interval(1, 10).low, share_interval(2, 10).high)
