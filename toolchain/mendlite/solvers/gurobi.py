"""Gurobi through gurobipy; without a licence it takes 2,000 variables and rows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import milp
from mendlite.solvers.base import Limits
from mendlite.solvers.program import IntegerProgram, ProgramSolution

NAME = "gurobi"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, minimise)


def minimise(program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost, or the least squares."""
    gurobipy: Any = import_module("gurobipy")
    settings = {
        "OutputFlag": 0, "Threads": 1, "Seed": 0, "TimeLimit": limits.seconds,
        "NodeLimit": limits.nodes, "MIPGap": 0.0,
    }  # fmt: skip
    with gurobipy.Env(params=settings) as env, gurobipy.Model(env=env) as model:
        x = model.addMVar(
            program.cost.size, vtype="I", lb=program.lower.astype(float),
            ub=program.upper.astype(float),
        )  # fmt: skip
        model.addConstr(program.matrix.astype(float) @ x >= program.right.astype(float))
        objective = program.cost.astype(float) @ x
        if program.squares is not None and program.target is not None:
            error = program.squares.astype(float) @ x[: program.deltas] - program.target
            objective = objective + error @ error
        model.setObjective(objective)
        model.optimize()
        return _read(gurobipy.GRB, model, x)


def _read(codes: Any, model: Any, x: Any) -> ProgramSolution:
    if model.Status in (codes.INFEASIBLE, codes.INF_OR_UNBD):
        return ProgramSolution(status=SolveStatus.INFEASIBLE, values=None, bound=np.inf)
    bound = float(model.ObjBound)
    if model.SolCount == 0:
        return ProgramSolution(status=SolveStatus.TIME_LIMIT, values=None, bound=bound)
    best = model.Status == codes.OPTIMAL
    return ProgramSolution(
        status=SolveStatus.OPTIMAL if best else SolveStatus.FEASIBLE,
        values=np.array(x.X, np.float64),
        bound=bound,
    )
