"""Gurobi through gurobipy; without a licence it takes 2,000 variables and rows."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.integer_program import (
    IntegerProgram,
    ProgramSolution,
    Sense,
    ended,
    infeasible,
)
from mendlite.model.problem import RepairProblem, Solution
from mendlite.solvers import milp
from mendlite.solvers.base import Limits, Watch
from mendlite.solvers.program import matrix_of

NAME = "gurobi"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, optimise)


def optimise(
    program: IntegerProgram, limits: Limits, watch: Watch | None = None
) -> ProgramSolution:
    """The best cost, squares included; ``watch`` may end the search as the bound narrows.

    Raises BadInputError where Gurobi refuses, for want of a licence above all.
    """
    gurobipy: Any = import_module("gurobipy")
    try:
        with (
            gurobipy.Env(params=_settings(limits)) as env,
            gurobipy.Model(env=env) as model,
        ):
            x = _build(gurobipy.GRB, model, program)
            model.optimize(_callback(gurobipy.GRB, program, watch))
            return _read(gurobipy.GRB, model, x, program)
    except gurobipy.GurobiError as error:
        raise BadInputError(f"solver gurobi refuses this program: {error}") from error


def _settings(limits: Limits) -> dict[str, float | int]:
    """The limits in Gurobi's words; the gap of a search is always closed."""
    settings: dict[str, float | int] = {
        "OutputFlag": 0, "Threads": 1, "Seed": 0, "TimeLimit": limits.seconds, "MIPGap": 0.0
    }  # fmt: skip
    if limits.nodes is not None:
        settings["NodeLimit"] = limits.nodes
    if limits.feasibility is not None:
        settings["FeasibilityTol"] = limits.feasibility
    return settings


def _build(codes: Any, model: Any, program: IntegerProgram) -> Any:
    """The variables, rows and cost."""
    x = model.addMVar(
        program.variables, lb=program.lower, ub=program.upper,
        vtype=np.where(program.integer, codes.INTEGER, codes.CONTINUOUS),
    )  # fmt: skip
    rows = matrix_of(program)
    for end, comparison in ((program.row_lower, ">"), (program.row_upper, "<")):
        chosen = np.flatnonzero(np.isfinite(end))
        if chosen.size:
            model.addMConstr(rows[chosen], x, comparison, end[chosen])
    objective = program.cost @ x + program.constant
    if program.squares is not None and program.target is not None:
        error = program.squares.astype(float) @ x[: program.squares.shape[1]] - program.target
        objective = objective + error @ error
    sense = codes.MAXIMIZE if program.sense is Sense.MAXIMISE else codes.MINIMIZE
    model.setObjective(objective, sense)
    return x


def _callback(
    codes: Any, program: IntegerProgram, watch: Watch | None
) -> Callable[[Any, int], None] | None:
    """What Gurobi calls while it runs: bound and best value go to ``watch``."""
    if watch is None:
        return None

    def report(model: Any, where: int) -> None:
        if where != codes.Callback.MIP:
            return
        bound = float(model.cbGet(codes.Callback.MIP_OBJBND))
        best = float(model.cbGet(codes.Callback.MIP_OBJBST))
        reached = best if abs(best) < codes.INFINITY else program.worst
        if watch(bound, reached):
            model.terminate()

    return report


def _read(codes: Any, model: Any, x: Any, program: IntegerProgram) -> ProgramSolution:
    if model.Status in (codes.INFEASIBLE, codes.INF_OR_UNBD):
        return infeasible(program)
    point = np.array(x.X, np.float64) if model.SolCount else None
    optimal = model.Status == codes.OPTIMAL
    # A program without integers that was stopped has no bound of its own.
    whole = bool(program.integer.any())
    bound = float(model.ObjBound) if whole or optimal else -program.worst
    return ended(point, bound, optimal=optimal)
