"""QNNRepair's MILP, stated in CVXPY and solved by HiGHS.

Minimise M subject to |delta| <= M, delta integer in its box, and every row (Song et al. 2023,
section 4.3). Where the rows cannot all hold, the elastic form: a binary per row lets it go, and
their sum is minimised.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.repair.check_rows import violated_rows, within_box
from mendlite.solvers.base import Limits

NAME = "cvxpy+highs"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one neuron's problem; never raises for what a solver does."""
    start = perf_counter()
    zero = np.zeros(problem.weights.size, np.int16)
    if not violated_rows(problem, zero).any():
        return _answer(problem, SolveStatus.OPTIMAL, zero, 0.0, start)
    try:
        hard = _solve_hard(problem, limits, start)
        if hard.status is not SolveStatus.INFEASIBLE:
            return hard
        return _solve_elastic(problem, limits, start)
    except Exception as error:  # noqa: BLE001 - a backend's failure is a status, with its words
        return Solution(
            status=SolveStatus.ERROR, delta=None, objective=np.inf, bound=0.0, gap=np.inf,
            violated=0, seconds=perf_counter() - start, backend=NAME,
            message=f"{type(error).__name__}: {error}",
        )  # fmt: skip


def _signed_rows(
    problem: RepairProblem,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows as G delta >= r, float64 of exact integers; sides that int32 frees are left out."""
    inputs = problem.inputs.astype(np.int64)
    here = inputs @ problem.weights.astype(np.int64) + problem.bias
    low, high = problem.lower > -(2**31), problem.upper < 2**31 - 1
    rows = np.concatenate([inputs[low], -inputs[high]])
    right = np.concatenate([problem.lower[low] - here[low], here[high] - problem.upper[high]])
    return rows.astype(np.float64), right.astype(np.float64)


def _run(statement: Any, limits: Limits) -> None:
    cvxpy: Any = import_module("cvxpy")

    with warnings.catch_warnings():
        # "Solution may be inaccurate" at a limit: the status says it, and rows are checked exactly.
        warnings.simplefilter("ignore")
        statement.solve(
            solver=cvxpy.HIGHS,
            time_limit=limits.seconds,
            mip_max_nodes=limits.nodes,
            threads=1,
            random_seed=0,
        )


def _bound(statement: Any) -> float:
    """HiGHS's proved lower bound; M and the number of violated rows are integers >= 0."""
    stats = statement.solver_stats.extra_stats if statement.solver_stats else None
    bound = float(getattr(stats, "mip_dual_bound", 0.0))
    return float(np.ceil(max(bound, 0.0) - 1e-6)) if np.isfinite(bound) else 0.0


def _integers(problem: RepairProblem, value: Any) -> NDArray[np.int16] | None:
    """The variable's value rounded to integers in the box; None where there is none."""
    if value is None or not np.all(np.isfinite(value)):
        return None
    rounded: NDArray[np.int16] = np.clip(
        np.rint(value), problem.delta_min, problem.delta_max
    ).astype(np.int16)
    return rounded


def _solve_hard(problem: RepairProblem, limits: Limits, start: float) -> Solution:
    cvxpy: Any = import_module("cvxpy")

    rows, right = _signed_rows(problem)
    delta = cvxpy.Variable(problem.weights.size, integer=True)
    largest = cvxpy.Variable(integer=True)
    statement = cvxpy.Problem(
        cvxpy.Minimize(largest),
        [
            cvxpy.abs(delta) <= largest,
            rows @ delta >= right,
            delta >= problem.delta_min,
            delta <= problem.delta_max,
        ],
    )
    _run(statement, limits)
    if statement.status in cvxpy.settings.INF_OR_UNB:
        return _answer(problem, SolveStatus.INFEASIBLE, None, 0.0, start)
    found = _integers(problem, delta.value)
    if found is None or violated_rows(problem, found).any():
        return _answer(problem, SolveStatus.TIME_LIMIT, None, _bound(statement), start)
    proved = statement.status == cvxpy.OPTIMAL
    status = SolveStatus.OPTIMAL if proved else SolveStatus.FEASIBLE
    bound = float(np.abs(found).max()) if proved else _bound(statement)
    return _answer(problem, status, found, bound, start)


def _solve_elastic(problem: RepairProblem, limits: Limits, start: float) -> Solution:
    """Fewest violated rows; the answer is exact, its optimality is not claimed."""
    cvxpy: Any = import_module("cvxpy")

    rows, right = _signed_rows(problem)
    low, high = problem.delta_min.astype(np.float64), problem.delta_max.astype(np.float64)
    # The most by which each row can miss its right side inside the box.
    slack = np.maximum(right - (np.minimum(rows * low, rows * high)).sum(axis=1), 0.0)
    delta = cvxpy.Variable(problem.weights.size, integer=True)
    let_go = cvxpy.Variable(right.size, boolean=True)
    statement = cvxpy.Problem(
        cvxpy.Minimize(cvxpy.sum(let_go)),
        [
            rows @ delta + cvxpy.multiply(slack, let_go) >= right,
            delta >= low,
            delta <= high,
        ],
    )
    _run(statement, limits)
    found = _integers(problem, delta.value)
    zero = np.zeros(problem.weights.size, np.int16)
    before = int(violated_rows(problem, zero).sum())
    if found is None or int(violated_rows(problem, found).sum()) >= before:
        found = zero
    return _answer(problem, SolveStatus.ELASTIC, found, 0.0, start)


def _answer(
    problem: RepairProblem,
    status: SolveStatus,
    delta: NDArray[np.int16] | None,
    bound: float,
    start: float,
) -> Solution:
    if delta is None:
        return Solution(
            status=status, delta=None, objective=np.inf, bound=bound, gap=np.inf, violated=0,
            seconds=perf_counter() - start, backend=NAME,
        )  # fmt: skip
    if not within_box(problem, delta):
        raise ValueError("a delta left its box")
    objective = float(np.abs(delta.astype(np.int64)).max(initial=0))
    return Solution(
        status=status,
        delta=delta,
        objective=objective,
        bound=bound,
        gap=(objective - bound) / max(objective, 1.0),
        violated=int(violated_rows(problem, delta).sum()),
        seconds=perf_counter() - start,
        backend=NAME,
    )
