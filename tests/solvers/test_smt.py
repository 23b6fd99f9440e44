"""Equivalence problems in Z3 against enumeration, and the exact check against both."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from mendlite.claims.equivalence import levels, violated_images, within_bounds
from mendlite.model.equivalence import EquivalenceProblem
from mendlite.solvers.base import Limits
from mendlite.solvers.process import SolverProcess

LIMITS = Limits(seconds=20)


@pytest.fixture(scope="module")
def process():
    worker = SolverProcess()
    yield worker
    worker.close()


def drawn(seed, *, images=3, outputs=3, inputs=2, reach=1):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-4, 5, (outputs, inputs)).astype(np.int16)
    # A level every 5 to 8 accumulators, level 128 near 0.
    steps = rng.integers(5, 9, outputs)
    inner = (np.arange(1, 256) - 128)[None] * steps[:, None] + rng.integers(-2, 3, (outputs, 1))
    ends = np.full((outputs, 1), 2**32)
    full = np.full((outputs, inputs), reach, np.int16)
    return EquivalenceProblem(
        inputs=rng.integers(-9, 10, (images, inputs)).astype(np.int16), weights=weights,
        bias=rng.integers(-9, 10, outputs), cuts=np.concatenate([-ends, inner, ends], axis=1),
        winner=rng.integers(-1, outputs, images), low=np.full((images, outputs), 0),
        high=np.full((images, outputs), 255), free=np.ones((outputs, inputs), bool),
        delta_min=-full, delta_max=full,
    )  # fmt: skip


def enumerated(problem):
    """Whether any delta of the box satisfies all images."""
    ranges = [
        range(int(a), int(b) + 1)
        for a, b in zip(problem.delta_min.ravel(), problem.delta_max.ravel(), strict=True)
    ]
    for values in itertools.product(*ranges):
        delta = np.array(values, np.int16).reshape(problem.weights.shape)
        if within_bounds(problem, delta) and not violated_images(problem, delta).any():
            return True
    return False


@pytest.mark.parametrize("seed", range(20))
def test_against_enumeration(process, seed):
    asked = drawn(seed)
    if seed % 2:
        found = levels(asked, np.zeros(asked.weights.shape, np.int16))
        asked = replace(asked, low=found - 1, high=found + 1)
    if seed % 3 == 0:
        asked = replace(asked, changes=2)
    answer = process.equivalence(asked, LIMITS)
    assert answer.status == ("sat" if enumerated(asked) else "unsat")
    if answer.delta is not None:
        assert within_bounds(asked, answer.delta)
        assert not violated_images(asked, answer.delta).any()
    else:
        core = asked.images(np.array(answer.core, np.int64))
        assert not enumerated(core if answer.bounded else replace(core, changes=None))


def test_levels_by_hand():
    asked = drawn(0, images=1, outputs=1, inputs=1)
    cuts = np.concatenate([[-(2**32)], np.arange(1, 256) * 10, [2**32]])[None]
    asked = replace(asked, inputs=np.array([[1]], np.int16), weights=np.array([[0]], np.int16),
                    bias=np.array([0]), cuts=cuts)  # fmt: skip
    found = [
        int(levels(replace(asked, bias=np.array([acc])), np.zeros((1, 1), np.int16))[0, 0])
        for acc in (-999, 9, 10, 19, 20, 2549, 2550, 99_999)
    ]
    assert found == [0, 0, 1, 1, 2, 254, 255, 255]


def test_ties_go_to_the_lower_index():
    asked = replace(drawn(0, images=1, outputs=2), winner=np.array([1]))
    same = replace(
        asked, weights=np.zeros((2, 2), np.int16), bias=np.zeros(2, np.int64),
        cuts=np.repeat(asked.cuts[:1], 2, axis=0),
    )  # fmt: skip
    zero = np.zeros((2, 2), np.int16)
    assert violated_images(same, zero).tolist() == [True]
    assert violated_images(replace(same, winner=np.array([0])), zero).tolist() == [False]


def test_frozen_weights_and_too_many_changes_are_noticed():
    asked = replace(drawn(1), changes=1)
    one, two = np.zeros((3, 2), np.int16), np.zeros((3, 2), np.int16)
    one[0, 0], two[0] = 1, 1
    assert within_bounds(asked, one)
    assert not within_bounds(asked, two)
    assert not within_bounds(replace(asked, free=np.zeros((3, 2), bool)), one)
    assert not within_bounds(asked, 5 * one)
