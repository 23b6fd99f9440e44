import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.measure.classification import (
    Outcome,
    Score,
    change,
    kl_divergence,
    predictions,
    score,
)
from mendlite.measure.mcnemar import mcnemar_p


def outcome(rows):
    logits = np.array(rows, np.float64)
    return Outcome(logits=logits, predicted=predictions(logits))


def test_a_tie_goes_to_the_lower_index():
    assert predictions(np.array([[1, 3, 3], [2, 2, 2]])).tolist() == [1, 0]


def test_kl_of_a_hand_computed_pair():
    # softmax(0, ln 3) = (1/4, 3/4); softmax(0, 0) = (1/2, 1/2)
    found = kl_divergence(np.array([[0.0, np.log(3)]]), np.array([[0.0, 0.0]]))
    assert found[0] == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))


@given(st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=5))
def test_kl_is_zero_for_itself_and_never_negative(rows):
    logits = np.array(rows)
    assert np.abs(kl_divergence(logits, logits)).max() < 1e-12
    assert kl_divergence(logits, logits[::-1]).min() > -1e-9


def test_fixed_and_regressed_are_counted_apart():
    reference = outcome([[1, 0], [1, 0], [0, 1], [0, 1]])
    before = outcome([[0, 1], [1, 0], [0, 1], [1, 0]])  # fails 0 and 3
    after = outcome([[1, 0], [0, 1], [0, 1], [1, 0]])  # fails 1 and 3
    found = change(reference, before, after, np.array([0, 0, 1, 0]))
    assert (found.fixed, found.regressed) == (1, 1)
    # right answers: float 1,1,1,0; repaired 1,0,1,1: one each way
    assert found.mcnemar_p == 1.0


def test_score_without_labels_has_no_accuracy():
    found = score(outcome([[1, 0]]), outcome([[0, 1]]), None)
    assert (found.samples, found.failing, found.accuracy) == (1, 1, None)


def test_fewer_failing_tests_outweigh_divergence():
    def made(failing, kl):
        return Score(samples=9, failing=failing, kl=kl, accuracy=None)

    assert made(3, 0.9).not_worse_than(made(4, 0.1))
    assert made(3, 0.1).not_worse_than(made(3, 0.1))
    assert not made(3, 0.2).not_worse_than(made(3, 0.1))
    assert not made(4, 0.1).not_worse_than(made(3, 0.9))


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (5, 5, 1.0)],
)
def test_mcnemar_against_the_binomial_table(first, second, p):
    assert mcnemar_p(first, second) == pytest.approx(p)
    assert mcnemar_p(second, first) == pytest.approx(p)


def test_mcnemar_of_large_counts_does_not_overflow():
    assert 0 < mcnemar_p(4_000, 4_300) < 0.002


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        mcnemar_p(-1, 0)
