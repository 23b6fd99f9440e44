"""Failing tests, losses and figures of every kind of task, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.measure.autoencoder import Autoencoder, area_under_curve
from mendlite.measure.classification import (
    Classification,
    kl_divergence,
    labels_as_logits,
    predictions,
)
from mendlite.measure.detection import Detection
from mendlite.measure.mcnemar import mcnemar_p
from mendlite.measure.multi_label import MultiLabel, bernoulli_kl
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.measure.score import Score, change, score
from mendlite.measure.task import Quality

TASK = Classification()


def outputs(rows, **more):
    return Outputs(values=np.array(rows, np.float64), **more)


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


def test_a_teacher_of_labels_gives_the_cross_entropy():
    taught = labels_as_logits(np.array([1, 0]), 3)
    asked = np.array([[0.0, np.log(2), 0.0], [0.0, 0.0, 0.0]])
    assert kl_divergence(taught, asked) == pytest.approx([np.log(2), np.log(3)], abs=1e-9)


def test_fixed_and_regressed_are_counted_apart():
    reference = outputs([[1, 0], [1, 0], [0, 1], [0, 1]])
    before = outputs([[0, 1], [1, 0], [0, 1], [1, 0]])  # fails 0 and 3
    after = outputs([[1, 0], [0, 1], [0, 1], [1, 0]])  # fails 1 and 3
    alone = np.ones(4, np.int64)
    found = change(TASK, reference, before, after, np.array([0, 0, 1, 0]), copies=alone)
    assert (found.fixed, found.regressed, found.independent) == (1, 1, 2)
    # right answers: float 1,1,1,0; repaired 1,0,1,1: one each way
    assert found.mcnemar_p == 1.0


def test_score_without_labels_has_no_accuracy():
    found = score(TASK, outputs([[1, 0]]), outputs([[0, 1]]), None)
    assert (found.samples, found.failing, found.quality) == (1, 1, Quality())
    assert found.rms == 1.0


def made(failed, loss):
    return Score(
        failed=np.array(failed, bool), losses=np.full(len(failed), loss), rms=0.0, quality=Quality()
    )


def test_the_loss_decides_unless_failing_tests_clearly_say_otherwise():
    none, one, many = [0] * 20, [1] + [0] * 19, [1] * 12 + [0] * 8
    assert made(one, 0.1).better_than(made(none, 0.2))
    assert not made(none, 0.2).better_than(made(one, 0.1))
    assert not made(many, 0.1).better_than(made(none, 0.2))
    assert made(none, 0.2).better_than(made(many, 0.1))
    assert not made(one, 0.1).better_than(made(one, 0.1))


def test_regression_fails_beyond_its_tolerance():
    task = Regression(tolerance=0.5)
    a, b = outputs([[0.0, 0.0], [0.0, 0.0]]), outputs([[0.5, 0.1], [0.0, 0.6]])
    assert task.failing(a, b).tolist() == [False, True]
    assert task.loss(a, b).tolist() == pytest.approx([0.13, 0.18])
    assert task.quality(b, np.array([[0.5, 0.1], [0.0, 0.0]])).error == pytest.approx(0.3)
    assert change(task, a, a, b, np.zeros((2, 2)), copies=np.ones(2, np.int64)).mcnemar_p is None


def test_multi_label_decides_each_label():
    task = MultiLabel(threshold=0.75)
    level = np.log(3)
    a = outputs([[level + 0.1, -5.0], [level + 0.1, 5.0]])
    b = outputs([[level - 0.1, -4.0], [level + 0.2, 5.0]])
    assert task.failing(a, b).tolist() == [True, False]
    assert task.quality(b, np.array([[1, 0], [1, 1]])).accuracy == 0.75
    assert task.right(b, np.array([[1, 0], [1, 1]])).tolist() == [False, True]


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_bernoulli_kl_is_a_two_class_kl(p, q):
    wanted = kl_divergence(np.array([[0.0, p]]), np.array([[0.0, q]]))[0]
    assert bernoulli_kl(np.array(p), np.array(q)) == pytest.approx(wanted, abs=1e-9)


def test_an_autoencoder_fails_where_its_score_moves():
    task = Autoencoder(tolerance=0.1)
    inputs = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    a = outputs([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], inputs=inputs)
    b = outputs([[1.0, 1.0], [2.2, 2.2], [2.0, 2.0]], inputs=inputs)
    assert task.failing(a, b).tolist() == [False, True, True]
    found = task.quality(b, np.array([0, 1, 1]))
    assert found.auc == 1.0
    assert found.error == pytest.approx((1 + 4.84 + 4) / 3)
    assert task.quality(a, np.zeros(3)).auc is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=20))
def test_auc_is_the_share_of_ordered_pairs(pairs):
    score_, positive = np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])
    ordered = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in score_[positive]
        for b in score_[~positive]
    ]
    found = area_under_curve(score_, positive)
    assert found == (pytest.approx(np.mean(ordered)) if ordered else None)


def test_detections_fail_by_score_and_by_box():
    task = Detection(boxes=0, scores=1, threshold=0.5, tolerance=0.2)
    shapes = ((2, 4), (2, 1))
    a = outputs([[0] * 8 + [0.9, 0.1]] * 4, shapes=shapes)
    rows = np.array(a.values)
    rows[0, 9] = 0.6  # another anchor is found
    rows[1, 2] = 0.3  # the found anchor's box moves
    rows[2, 6] = 0.3  # the box of an anchor that is not found moves
    b = outputs(rows, shapes=shapes)
    assert task.failing(a, b).tolist() == [True, True, False, False]
    assert task.loss(a, b)[3] == 0.0
    assert task.loss(a, b)[0] == pytest.approx(0.5 * (0.25 / 2) / (0.82 / 2))


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
