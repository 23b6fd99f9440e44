"""Mixed-integer linear programs in SCIP."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.linear_program import LinearProgram, MaximumBound, MaximumStatus


def maximise(
    program: LinearProgram, seconds: float, watch: Callable[[float, float], bool] | None = None
) -> MaximumBound:
    """The largest cost within a time limit; ``watch`` hears of the end alone."""
    pyscipopt: Any = import_module("pyscipopt")
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParams({"limits/time": max(seconds, 0.01), "numerics/feastol": 1e-7})
    columns = zip(program.lower, program.upper, program.integer, strict=True)
    x = [
        model.addVar(vtype="I" if whole else "C", lb=float(low), ub=float(high))
        for low, high, whole in columns
    ]
    for row in range(program.rows):
        _add_row(model, pyscipopt.quicksum, program, x, row)
    cost = np.flatnonzero(program.cost)
    model.setObjective(
        pyscipopt.quicksum(float(program.cost[c]) * x[c] for c in cost), sense="maximize"
    )
    model.optimize()
    if model.getStatus() == "infeasible":
        return MaximumBound(outcome=MaximumStatus.INFEASIBLE, bound=-np.inf, point=None)
    bound = float(model.getDualbound()) + program.constant
    point = None
    if model.getNSols():
        best = model.getBestSol()
        point = np.array([model.getSolVal(best, v) for v in x])
    if watch is not None:
        best = -np.inf if point is None else float(program.cost @ point) + program.constant
        watch(bound, best)
    outcome = MaximumStatus.OPTIMAL if model.getStatus() == "optimal" else MaximumStatus.STOPPED
    return MaximumBound(outcome=outcome, bound=bound, point=point)


def _add_row(model: Any, quicksum: Any, program: LinearProgram, x: list[Any], row: int) -> None:
    part = slice(program.start[row], program.start[row + 1])
    entries = zip(program.column[part], program.value[part], strict=True)
    total = quicksum(float(value) * x[column] for column, value in entries)
    low, high = float(program.row_lower[row]), float(program.row_upper[row])
    if np.isfinite(low):
        model.addCons(total >= low)
    if np.isfinite(high):
        model.addCons(total <= high)
