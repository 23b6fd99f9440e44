"""SCIP through pyscipopt."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.clock import TimeLimit
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

NAME = "scip"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, optimise)


def optimise(
    program: IntegerProgram, limits: Limits, watch: Watch | None = None
) -> ProgramSolution:
    """The best cost, squares included; ``watch`` hears of the end alone.

    Stating the rows, one at a time, counts towards the limit.
    """
    pyscipopt: Any = import_module("pyscipopt")
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParams(_settings(limits))
    limit = TimeLimit.of(limits.seconds)
    columns = zip(program.lower, program.upper, program.integer, strict=True)
    x = [
        model.addVar(vtype="I" if whole else "C", lb=float(low), ub=float(high))
        for low, high, whole in columns
    ]
    for number in range(program.rows):
        if limit.over():
            return ended(None, -program.worst, optimal=False)
        if not _add_row(model, pyscipopt.quicksum, program, x, number):
            return infeasible(program)
    used = np.flatnonzero(program.cost)
    cost = pyscipopt.quicksum(float(program.cost[column]) * x[column] for column in used)
    squares = _squares(model, pyscipopt.quicksum, program, x)
    sense = "maximize" if program.sense is Sense.MAXIMISE else "minimize"
    model.setObjective(cost + squares, sense=sense)
    model.setParam("limits/time", max(limit.left(), 0.0))
    model.optimize()
    if model.getStatus() == "infeasible":
        return infeasible(program)
    bound, point, best = float(model.getDualbound()) + program.constant, None, program.worst
    if model.getNSols():
        solution = model.getBestSol()
        point = np.array([model.getSolVal(solution, v) for v in x])
        best = float(model.getObjVal()) + program.constant
    if watch is not None:
        watch(bound, best)
    return ended(point, bound, optimal=model.getStatus() == "optimal")


def _settings(limits: Limits) -> dict[str, float | int]:
    """The limits but the time in SCIP's words; the gap of a search is always closed."""
    settings: dict[str, float | int] = {"limits/gap": 0.0}
    if limits.nodes is not None:
        settings["limits/nodes"] = limits.nodes
    if limits.feasibility is not None:
        settings["numerics/feastol"] = limits.feasibility
    return settings


def _add_row(model: Any, quicksum: Any, program: IntegerProgram, x: list[Any], number: int) -> bool:
    """State one row; False where it reads no variable and does not hold."""
    columns, values = program.row(number)
    terms = [float(value) * x[c] for value, c in zip(values, columns, strict=True) if value]
    low, high = float(program.row_lower[number]), float(program.row_upper[number])
    if not terms:
        return low <= 0 <= high
    total = quicksum(terms)
    if np.isfinite(low):
        model.addCons(total >= low)
    if np.isfinite(high):
        model.addCons(total <= high)
    return True


def _squares(model: Any, quicksum: Any, program: IntegerProgram, x: list[Any]) -> Any:
    """A variable above the sum of squares; 0 where the program has none."""
    if program.squares is None or program.target is None:
        return 0
    total = model.addVar(vtype="C", lb=0, ub=None)
    terms = []
    for row, target in zip(program.squares, program.target, strict=True):
        error = model.addVar(vtype="C", lb=None, ub=None)
        entries = [int(value) * x[column] for column, value in enumerate(row) if value]
        model.addCons(quicksum(entries) - int(target) == error)
        terms.append(error * error)
    model.addCons(quicksum(terms) <= total)
    return total
