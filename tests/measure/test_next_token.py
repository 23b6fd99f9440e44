"""Tests of language models: one a position, or the last one alone."""

import numpy as np
import pytest

from mendlite.measure.next_token import NextToken
from mendlite.measure.outputs import Outputs

LOGITS = np.log(np.array([[[8, 1, 1], [1, 8, 1]], [[1, 1, 8], [8, 1, 1]]], np.float64) / 10)


def of(task, values):
    return task.by_test(Outputs(values=values.reshape(len(values), -1)))


def test_each_position_is_a_test():
    task, other = NextToken(positions=2), LOGITS.copy()
    other[1, 0] = other[1, 0, ::-1]
    failing = task.failing(of(task, LOGITS), of(task, other))
    assert failing.tolist() == [False, False, True, False]
    loss = task.loss(of(task, LOGITS), of(task, other))
    assert loss == pytest.approx([0, 0, 0.7 * np.log(8), 0])


def test_only_the_last_position_is_one():
    task, other = NextToken(positions=2, last=True), LOGITS.copy()
    other[1, 0] = other[1, 0, ::-1]
    assert task.failing(of(task, LOGITS), of(task, other)).tolist() == [False, False]
    assert task.labels(np.array([[0, 1], [2, 0]])).tolist() == [1, 0]


def test_perplexity_is_the_exponential_of_the_mean_loss():
    task = NextToken(positions=2)
    quality = task.quality(of(task, LOGITS), task.labels(np.array([[0, 1], [2, 1]])))
    assert quality.accuracy == 0.75
    assert quality.perplexity == pytest.approx(np.exp(-(3 * np.log(0.8) + np.log(0.1)) / 4))
    assert task.quality(of(task, LOGITS), None).perplexity is None
