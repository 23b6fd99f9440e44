"""SCIP through pyscipopt."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import milp
from mendlite.solvers.base import Limits
from mendlite.solvers.program import IntegerProgram, ProgramSolution

NAME = "scip"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, minimise)


def minimise(program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost, or the least squares."""
    pyscipopt: Any = import_module("pyscipopt")
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParams(
        {"limits/time": limits.seconds, "limits/nodes": limits.nodes, "limits/gap": 0.0}
    )
    x = [
        model.addVar(vtype="I", lb=int(low), ub=int(high))
        for low, high in zip(program.lower, program.upper, strict=True)
    ]
    quick, matrix = pyscipopt.quicksum, program.matrix
    for row, right in enumerate(program.right):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        entries = zip(matrix.data[part], matrix.indices[part], strict=True)
        terms = [int(value) * x[column] for value, column in entries if value]
        if terms:
            model.addCons(quick(terms) >= int(right))
        elif right > 0:
            return ProgramSolution(status=SolveStatus.INFEASIBLE, values=None, bound=np.inf)
    cost = quick(int(c) * x[column] for column, c in enumerate(program.cost) if c)
    model.setObjective(cost + _squares(model, quick, program, x))
    model.optimize()
    status = model.getStatus()
    if status == "infeasible":
        return ProgramSolution(status=SolveStatus.INFEASIBLE, values=None, bound=np.inf)
    bound = float(model.getDualbound())
    if model.getNSols() == 0:
        return ProgramSolution(status=SolveStatus.TIME_LIMIT, values=None, bound=bound)
    best = model.getBestSol()
    return ProgramSolution(
        status=SolveStatus.OPTIMAL if status == "optimal" else SolveStatus.FEASIBLE,
        values=np.array([model.getSolVal(best, v) for v in x]),
        bound=bound,
    )


def _squares(model: Any, quick: Any, program: IntegerProgram, x: list[Any]) -> Any:
    """A variable above the sum of squares; 0 where the program has none."""
    if program.squares is None or program.target is None:
        return 0
    total = model.addVar(vtype="C", lb=0, ub=None)
    terms = []
    for row, aim in zip(program.squares, program.target, strict=True):
        error = model.addVar(vtype="C", lb=None, ub=None)
        entries = [int(value) * x[column] for column, value in enumerate(row) if value]
        model.addCons(quick(entries) - int(aim) == error)
        terms.append(error * error)
    model.addCons(quick(terms) <= total)
    return total
