"""MILP backends on problems whose answers are known by hand or by enumeration."""

import itertools

import numpy as np
import pytest

from mendlite.model.problem import RepairProblem, SolveStatus
from mendlite.repair.check_rows import violated_rows, within_box
from mendlite.repair.qnnrepair import NeuronData, neuron_problem
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.solvers.registry import BACKENDS, make_backend

FREE = (-(2**31), 2**31 - 1)
LIMITS = Limits(seconds=20)


def problem(inputs, weights, lower, upper, *, bias=0, reach=3):
    count = len(weights)
    return RepairProblem(
        layer=0, neuron=0, inputs=np.array(inputs, np.int16), weights=np.array(weights, np.int16),
        bias=bias, lower=np.array(lower, np.int64), upper=np.array(upper, np.int64),
        delta_min=np.full(count, -reach, np.int16), delta_max=np.full(count, reach, np.int16),
    )  # fmt: skip


def enumerate_best(found):
    """(fewest violated rows, least max |delta|) over the whole box."""
    sides = [
        range(int(a), int(b) + 1) for a, b in zip(found.delta_min, found.delta_max, strict=True)
    ]
    best = None
    for delta in itertools.product(*sides):
        array = np.array(delta, np.int16)
        key = (int(violated_rows(found, array).sum()), int(np.abs(array).max()))
        best = key if best is None else min(best, key)
    return best


@pytest.fixture(params=list(BACKENDS))
def solve(request):
    return make_backend(request.param)


def test_nothing_to_do(solve):
    answer = solve(problem([[1, 1]], [2, 3], [5], [FREE[1]]), LIMITS)
    assert answer.status is SolveStatus.OPTIMAL
    assert answer.delta.tolist() == [0, 0]
    assert answer.objective == answer.bound == 0


def test_by_hand(solve):
    # 3 (2 + d0) + 1 (1 + d1) >= 12 needs 3 d0 + d1 >= 5: max |delta| = 2.
    answer = solve(problem([[3, 1]], [2, 1], [12], [FREE[1]]), LIMITS)
    assert answer.status is SolveStatus.OPTIMAL
    assert answer.objective == answer.bound == 2
    assert answer.gap == 0
    assert answer.violated == 0


def test_contradictory_rows_leave_the_fewest_violated(solve):
    # The accumulator must be above 10, above 11 and below -10.
    rows = [[1, 0], [1, 0], [1, 0]]
    answer = solve(problem(rows, [0, 0], [2, 3, FREE[0]], [FREE[1], FREE[1], -1]), LIMITS)
    assert answer.status is SolveStatus.ELASTIC
    assert answer.violated == 1


@pytest.mark.parametrize("seed", range(6))
def test_against_enumeration(solve, seed):
    rng = np.random.default_rng(seed)
    inputs, weights = rng.integers(-9, 10, (5, 3)), rng.integers(-5, 6, 3)
    acc = inputs @ weights
    side = rng.random(5) < 0.5
    found = problem(
        inputs, weights, np.where(side, acc + rng.integers(-6, 9, 5), FREE[0]),
        np.where(side, FREE[1], acc - rng.integers(-6, 9, 5)), reach=2,
    )  # fmt: skip
    answer = solve(found, LIMITS)
    violated, largest = enumerate_best(found)
    assert within_box(found, answer.delta)
    assert answer.violated == violated
    if violated == 0:
        assert answer.status is SolveStatus.OPTIMAL
        assert answer.objective == largest
    else:
        assert answer.status is SolveStatus.ELASTIC


def test_a_failing_solver_is_a_status_with_its_words(monkeypatch):
    from mendlite.solvers import cvxpy_highs

    def fail(*_args):
        raise RuntimeError("no licence")

    monkeypatch.setattr(cvxpy_highs, "_run", fail)
    answer = cvxpy_highs.solve(problem([[1]], [0], [2], [FREE[1]]), LIMITS)
    assert answer.status is SolveStatus.ERROR
    assert "no licence" in answer.message


@pytest.mark.slow
def test_answers_do_not_depend_on_the_number_of_workers():
    problems = [problem([[3, 1]], [2, 1], [9 + n], [FREE[1]]) for n in range(5)]
    told = []
    found = [
        SolverPool(backend="cvxpy+highs", limits=LIMITS, jobs=jobs).solve(problems, told.append)
        for jobs in (1, 2)
    ]
    deltas = [[a.delta.tolist() for a in answers] for answers in found]
    assert deltas[0] == deltas[1]
    assert told == [1, 2, 3, 4, 5] * 2


def die(*_args):
    import os

    os._exit(9)


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_own_problem(monkeypatch):
    from mendlite.solvers import pool

    monkeypatch.setattr(pool, "_work", die)
    plan = SolverPool(backend="cvxpy+highs", limits=LIMITS, jobs=1)
    answers = plan.solve([problem([[1]], [0], [2], [FREE[1]])] * 2, lambda _done: None)
    assert [a.status for a in answers] == [SolveStatus.ERROR] * 2
    assert "died" in answers[0].message


def test_checks_notice_a_nudge():
    found = problem([[3, 1]], [2, 1], [12], [FREE[1]])
    right, wrong = np.array([2, 0], np.int16), np.array([1, 0], np.int16)
    assert not violated_rows(found, right).any()
    assert violated_rows(found, wrong).any()
    assert within_box(found, right)
    assert not within_box(found, np.array([4, 0], np.int16))


def neuron(**changes):
    fields = {
        "layer": 1, "neuron": 2, "inputs": np.arange(8, dtype=np.int16).reshape(4, 2),
        "float_active": np.array([True, False, True, False]),
        "active": np.array([False, True, True, True]),
        "failing": np.array([True, True, True, False]),
        "weights": np.array([100, -127], np.int16), "bias": 7, "threshold": 50,
    }  # fmt: skip
    return NeuronData(**(fields | changes))


def test_the_papers_rows_are_failing_tests_whose_signs_differ():
    found = neuron_problem(neuron(), keep_passing=False, max_delta=None, max_rows=99, seed=0)
    assert found.inputs.tolist() == [[0, 1], [2, 3]]
    assert found.lower.tolist() == [50, FREE[0]]
    assert found.upper.tolist() == [FREE[1], 49]
    assert found.delta_min.tolist() == [-227, 0]
    assert found.delta_max.tolist() == [27, 254]


def test_passing_tests_keep_their_own_sign():
    found = neuron_problem(neuron(), keep_passing=True, max_delta=4, max_rows=99, seed=0)
    assert found.inputs.tolist() == [[0, 1], [2, 3], [6, 7]]
    assert found.lower.tolist() == [50, FREE[0], 50]
    assert found.delta_min.tolist() == [-4, 0]


def test_rows_are_drawn_by_the_seed():
    draws = [
        neuron_problem(
            neuron(), keep_passing=True, max_delta=None, max_rows=2, seed=s
        ).inputs.tolist()
        for s in (0, 0, 1, 2, 3)
    ]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws[2:])
    assert all(len(draw) == 2 for draw in draws)


def test_a_minus_128_may_stay_but_not_grow():
    data = neuron(weights=np.array([-128, 0], np.int16))
    found = neuron_problem(data, keep_passing=False, max_delta=None, max_rows=9, seed=0)
    assert found.delta_min.tolist() == [0, -127]
