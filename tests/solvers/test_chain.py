"""The chain's own parts: certificates, margins, descents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import FREE, drawn, enumerate_best, problem

from mendlite.model.problem import Objective, SolveStatus
from mendlite.solvers.base import Limits
from mendlite.solvers.chain import solve
from mendlite.solvers.chain.descent import DeltaBounds, Rows, descend
from mendlite.solvers.chain.margin_lp import certified_infeasible, widest_margin

LIMITS = Limits(seconds=20)


def rows(matrix, need):
    matrix = np.array(matrix, float)
    return Rows(
        matrix=matrix, need=np.array(need, float), cost=np.ones(len(need)),
        size=np.maximum(np.linalg.norm(matrix, axis=1), 1.0),
    )  # fmt: skip


def box(columns, reach):
    return DeltaBounds(low=np.full(columns, -float(reach)), high=np.full(columns, float(reach)))


def test_multipliers_prove_a_contradiction():
    # x + y >= 3 and -x - y >= -2: their sum says 0 >= 1.
    found = rows([[1, 1], [-1, -1]], [3, -2])
    assert certified_infeasible(found, box(2, 9), np.array([0.5, 0.5]))
    assert not certified_infeasible(found, box(2, 9), np.array([0.5, 0.4]))
    assert not certified_infeasible(found, box(2, 9), np.zeros(2))


def test_no_multipliers_prove_a_falsehood():
    found = rows([[1, 1], [-1, -1]], [3, -3])
    for seed in range(50):
        multipliers = np.random.default_rng(seed).random(2)
        assert not certified_infeasible(found, box(2, 9), multipliers)


def test_the_margin_is_the_widest():
    # In [-4, 4]: x >= 1 + t and -x >= -3 + t leave x = 2, t = 1.
    margin = widest_margin(rows([[1], [-1]], [1, -3]), box(1, 4), np.ones(2), LIMITS)
    assert margin.margin == pytest.approx(1.0)
    assert margin.point == pytest.approx([2.0])


def test_lazy_rows_end_where_all_of_them_would():
    rng = np.random.default_rng(3)
    matrix = rng.integers(-20, 21, (400, 12)).astype(float)
    found = rows(matrix, (matrix @ rng.integers(-3, 4, 12)) - 1)
    margin = widest_margin(found, box(12, 5), found.size, LIMITS)
    slack = (found.matrix @ margin.point - found.need) / found.size
    assert slack.min() == pytest.approx(margin.margin, abs=1e-6)
    assert margin.margin >= 0


def test_a_descent_stays_in_its_box_and_tells_its_cost():
    found = rows([[2, 1], [1, -3]], [3, 2])
    delta, cost = descend(found, box(2, 2), np.zeros(2), 30)
    assert cost == 0
    assert not found.missed(delta).any()
    assert np.abs(delta).max() <= 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_least_delta_is_the_enumerated_one(seed):
    from dataclasses import replace

    asked = replace(drawn(seed, columns=4), objective=Objective.MAX_DELTA, row_weights=None)
    found, (hard, _penalty, objective) = solve(asked, LIMITS), enumerate_best(asked)
    assert found.violated == hard
    if not hard:
        assert found.objective == objective
        assert found.status is SolveStatus.OPTIMAL


def test_a_bound_that_is_not_reached_is_not_called_optimal():
    # 2 x = 2 y + 1 has real solutions and no whole ones: only branching can tell.
    asked = problem([[2, -2]], [0, 0], [1], [1], reach=40)
    found = solve(asked, LIMITS)
    assert found.status is SolveStatus.ELASTIC
    assert found.violated == 1


def test_every_row_of_a_large_neuron_holds():
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 256, (600, 200))
    weights = rng.integers(-90, 91, 200)
    wanted = inputs @ (weights + rng.integers(-1, 2, 200)) > 0
    asked = problem(inputs, weights, np.where(wanted, 1, FREE[0]), np.where(wanted, FREE[1], 0),
                    reach=30)  # fmt: skip
    found = solve(asked, LIMITS)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == 1
