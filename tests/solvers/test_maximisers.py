"""Mixed-integer linear programs: the same maximum by every solver that is installed."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.errors import MissingPackageError
from mendlite.model.integer_program import IntegerProgram, Sense
from mendlite.model.problem import SolveStatus
from mendlite.solvers.maximisers import MAXIMISERS, NONE, make_maximiser
from mendlite.solvers.registry import BACKENDS

SOLVERS = [name for name in MAXIMISERS if name != NONE and BACKENDS[name].installed]


def knapsack(limit=10.0, floor=-np.inf):
    """Maximise 5a + 4b + 3c + d/2, 2a + 3b + c <= limit, integers up to 3; d <= 1 is real."""
    return IntegerProgram(
        start=np.array([0, 3, 7], np.int32),
        column=np.array([0, 1, 2, 0, 1, 2, 3], np.int32),
        value=np.array([2.0, 3, 1, 5, 4, 3, 0.5]),
        row_lower=np.array([-np.inf, floor]),
        row_upper=np.array([limit, np.inf]),
        lower=np.zeros(4),
        upper=np.array([3.0, 3, 3, 0.5]),
        integer=np.array([True, True, True, False]),
        cost=np.array([5.0, 4, 3, 0.5]),
        sense=Sense.MAXIMISE,
    )


@pytest.mark.parametrize("name", SOLVERS)
def test_the_maximum_is_found_and_proved(name):
    found = make_maximiser(name)(knapsack(), 10.0, None)
    assert found.status is SolveStatus.OPTIMAL
    assert found.bound == pytest.approx(24.25, abs=1e-4)
    assert found.point == pytest.approx([3, 0, 3, 0.5], abs=1e-5)


@pytest.mark.parametrize("name", SOLVERS)
def test_the_constant_belongs_to_bound_and_best(name):
    heard = []
    program = replace(knapsack(), constant=100.0)
    found = make_maximiser(name)(program, 10.0, lambda *said: bool(heard.append(said)))
    assert found.bound == pytest.approx(124.25, abs=1e-4)
    assert all(bound >= 124.24 for bound, _ in heard)
    assert all(best == -np.inf or best > 90 for _, best in heard)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_floor_that_cannot_be_reached_is_infeasible(name):
    found = make_maximiser(name)(knapsack(floor=24.3), 10.0, None)
    assert found.status is SolveStatus.INFEASIBLE
    assert found.point is None


def test_a_missing_package_is_named(monkeypatch):
    gone = replace(BACKENDS["scip"], imports="no_such_package")
    monkeypatch.setitem(BACKENDS, "scip", gone)
    with pytest.raises(MissingPackageError, match="scip needs no_such_package: pip install no_su"):
        make_maximiser("scip")


def test_none_solves_nothing():
    assert make_maximiser("none") is None
