"""Mixed-integer linear programs in Gurobi; without a licence it takes 2,000 variables and rows."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.linear_program import LinearProgram, MaximumBound, MaximumStatus


def maximise(
    program: LinearProgram, seconds: float, watch: Callable[[float, float], bool] | None = None
) -> MaximumBound:
    """The largest cost within a time limit; ``watch`` may end it as the bound narrows.

    Raises BadInputError where Gurobi refuses, for want of a licence above all.
    """
    gurobipy: Any = import_module("gurobipy")
    settings = {"OutputFlag": 0, "Threads": 1, "Seed": 0, "TimeLimit": max(seconds, 0.01),
                "MIPGap": 0.0, "FeasibilityTol": 1e-7}  # fmt: skip
    try:
        with gurobipy.Env(params=settings) as env, gurobipy.Model(env=env) as model:
            x = _build(gurobipy.GRB, model, program)
            model.optimize(_callback(gurobipy.GRB, watch))
            return _read(gurobipy.GRB, model, x, program)
    except gurobipy.GurobiError as error:
        raise BadInputError(f"solver gurobi refuses this program: {error}") from error


def _build(codes: Any, model: Any, program: LinearProgram) -> Any:
    """The variables, rows and cost."""
    from scipy.sparse import csr_array

    x = model.addMVar(
        program.variables, lb=program.lower, ub=program.upper,
        vtype=np.where(program.integer, codes.INTEGER, codes.CONTINUOUS),
    )  # fmt: skip
    shape = (program.rows, program.variables)
    rows = csr_array((program.value, program.column, program.start), shape=shape)
    for end, sense in ((program.row_lower, ">"), (program.row_upper, "<")):
        chosen = np.flatnonzero(np.isfinite(end))
        if chosen.size:
            model.addMConstr(rows[chosen], x, sense, end[chosen])
    model.setObjective(program.cost @ x + program.constant, codes.MAXIMIZE)
    return x


def _callback(
    codes: Any, watch: Callable[[float, float], bool] | None
) -> Callable[[Any, int], None] | None:
    """What Gurobi calls while it runs: bound and best value go to ``watch``."""
    if watch is None:
        return None

    def hear(model: Any, where: int) -> None:
        if where != codes.Callback.MIP:
            return
        bound = float(model.cbGet(codes.Callback.MIP_OBJBND))
        best = float(model.cbGet(codes.Callback.MIP_OBJBST))
        found = best if abs(best) < codes.INFINITY else -np.inf
        if watch(bound, found):
            model.terminate()

    return hear


def _read(codes: Any, model: Any, x: Any, program: LinearProgram) -> MaximumBound:
    if model.Status in (codes.INFEASIBLE, codes.INF_OR_UNBD):
        return MaximumBound(outcome=MaximumStatus.INFEASIBLE, bound=-np.inf, point=None)
    point = np.array(x.X, np.float64) if model.SolCount else None
    # A program without integers that was stopped has no bound of its own.
    whole = bool(program.integer.any())
    bound = float(model.ObjBound) if whole or model.Status == codes.OPTIMAL else np.inf
    outcome = MaximumStatus.OPTIMAL if model.Status == codes.OPTIMAL else MaximumStatus.STOPPED
    return MaximumBound(outcome=outcome, bound=bound, point=point)
