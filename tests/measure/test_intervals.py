"""Exact intervals, against scipy's beta distribution."""

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
        float=FloatScore(accuracy=None, auc=None, error=None),
        int8=QuantizedScore(
            accuracy=None, auc=None, error=None, failing=10, loss=1.0, kl=1.0, rms=1.0
        ),
        repaired=repaired,
    )


def test_a_validation_has_its_intervals():
    repaired = RepairedScore(
        accuracy=None, auc=None, error=None, failing=3, fixed=7, regressed=0, loss=0.5, kl=0.5,
        rms=0.5, mcnemar_p=None,
    )  # fmt: skip
    found = intervals(validation(repaired))
    assert found.int8_failing == share_interval(10, 450)
    assert found.repaired_failing == share_interval(3, 450)
    assert found.net_fixed == net_interval(7, 0)
    assert found.net_fixed_p == pytest.approx(2 / 2**7)
    alone = intervals(validation(None))
    assert (alone.repaired_failing, alone.net_fixed, alone.net_fixed_p) == (None, None, None)
