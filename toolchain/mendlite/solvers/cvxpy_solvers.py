"""CVXPY's statement of the program, solved by one of its installed solvers, by name.

It states every problem in full, also those that hold as they are: it is the paper's way, and the
measure of the others.

SCS and Clarabel solve the relaxation; its solution is rounded and kept where every row holds.
"""

from __future__ import annotations

import warnings
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from mendlite.errors import MissingPackageError
from mendlite.model.integer_program import IntegerProgram, ProgramSolution, ended, infeasible
from mendlite.model.problem import RepairProblem, Solution
from mendlite.packages import install_command, load
from mendlite.solvers import milp
from mendlite.solvers.base import Limits
from mendlite.solvers.program import matrix_of
from mendlite.solvers.registry import BACKENDS

INFEASIBLE_OR_UNBOUNDED = "infeasible_or_unbounded"

RELAXATIONS = ("SCS", "CLARABEL")


def solve(problem: RepairProblem, limits: Limits, solver: str = "HIGHS") -> Solution:
    """Solve one problem by CVXPY and ``solver``; raises MissingPackageError without it."""
    cvxpy = load("cvxpy", f"backend cvxpy:{solver}")
    if solver not in cvxpy.installed_solvers():
        raise MissingPackageError(
            f"CVXPY has no solver {solver} here: "
            f"{install_command(BACKENDS[f'cvxpy:{solver}'].imports)}"
        )
    return milp.solve(problem, limits, f"cvxpy:{solver}", partial(optimise, solver), at_once=False)


def _options(solver: str, limits: Limits) -> dict[str, Any]:
    """The limits in each solver's own words."""
    seconds, nodes = limits.seconds, limits.nodes
    options: dict[str, dict[str, Any]] = {
        "HIGHS": {
            "time_limit": seconds, "mip_max_nodes": nodes, "threads": 1, "random_seed": 0,
            "mip_rel_gap": 0.0,
        },
        "SCIP": {"scip_params": {"limits/time": seconds, "limits/nodes": nodes}},
        "SCS": {"time_limit_secs": seconds},
        "CLARABEL": {"time_limit": seconds},
        "GLPK_MI": {"tm_lim": int(1000 * seconds)},
        "CBC": {"maximumSeconds": seconds, "maximumNodes": nodes},
        "GUROBI": {"TimeLimit": seconds, "NodeLimit": nodes, "Threads": 1, "Seed": 0},
    }  # fmt: skip
    return options[solver]


def optimise(solver: str, program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost, or the least squares, of the program or of its relaxation."""
    cvxpy: Any = import_module("cvxpy")
    relaxed = solver in RELAXATIONS
    x = cvxpy.Variable(program.variables, integer=not relaxed)
    objective = program.cost @ x
    if program.squares is not None and program.target is not None:
        error = program.squares.astype(float) @ x[: program.squares.shape[1]] - program.target
        objective = objective + cvxpy.sum_squares(error)
    rows = [x >= program.lower, x <= program.upper]
    if program.rows:
        rows.append(matrix_of(program) @ x >= program.row_lower)
    statement = cvxpy.Problem(cvxpy.Minimize(objective), rows)
    with warnings.catch_warnings():
        # "Solution may be inaccurate" at a limit: the status says it, and rows are checked exactly.
        warnings.simplefilter("ignore")
        statement.solve(solver=solver, **_options(solver, limits))
    return _read(cvxpy, program, statement, x.value, relaxed=relaxed)


def _read(
    cvxpy: Any, program: IntegerProgram, statement: Any, values: Any, *, relaxed: bool
) -> ProgramSolution:
    if statement.status in (cvxpy.INFEASIBLE, INFEASIBLE_OR_UNBOUNDED):  # the box bounds it
        return infeasible(program, relaxed=relaxed)
    # Only HiGHS hands its bound through; the others' stays unproved short of the optimum.
    stats = statement.solver_stats.extra_stats if statement.solver_stats else None
    bound = float(getattr(stats, "mip_dual_bound", -np.inf))
    best = statement.status == cvxpy.OPTIMAL and not relaxed
    point = None if values is None else np.asarray(values, np.float64)
    return ended(point, bound, optimal=best, relaxed=relaxed)
