"""CP-SAT through OR-tools."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.integer_program import IntegerProgram, ProgramSolution, ended, infeasible
from mendlite.model.problem import RepairProblem, Solution
from mendlite.solvers import milp
from mendlite.solvers.base import Limits

NAME = "cpsat"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by lazy clause generation."""
    return milp.solve(problem, limits, NAME, optimise)


def optimise(program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost, squares included, of a program in whole numbers."""
    cp_model: Any = import_module("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    bounds = zip(program.lower, program.upper, strict=True)
    x = [model.new_int_var(int(low), int(high), f"x{n}") for n, (low, high) in enumerate(bounds)]
    weighted = cp_model.LinearExpr.weighted_sum
    for number, need in enumerate(program.row_lower):
        columns, values = program.row(number)
        total = weighted([x[column] for column in columns], [int(v) for v in values])
        model.add(total >= int(need))
    squares = _squares(model, weighted, program, x)
    costs = [int(c) for c in program.cost] + [1] * len(squares)
    model.minimize(weighted([*x, *squares], costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_time_in_seconds = limits.seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return infeasible(program)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        bound = float(solver.best_objective_bound) if status == cp_model.UNKNOWN else -np.inf
        return ended(None, bound, optimal=False)
    point = np.array([solver.value(v) for v in x], np.float64)
    return ended(point, float(solver.best_objective_bound), optimal=status == cp_model.OPTIMAL)


def _squares(model: Any, weighted: Any, program: IntegerProgram, x: list[Any]) -> list[Any]:
    """One variable per square."""
    if program.squares is None or program.target is None:
        return []
    squares = []
    count = program.squares.shape[1]
    low, high = program.lower[:count].astype(np.int64), program.upper[:count].astype(np.int64)
    for row, target in zip(program.squares, program.target, strict=True):
        least = int(np.minimum(row * low, row * high).sum()) - int(target)
        most = int(np.maximum(row * low, row * high).sum()) - int(target)
        error = model.new_int_var(least, most, "")
        model.add(error == weighted(x[:count], [int(v) for v in row]) - int(target))
        square = model.new_int_var(0, max(least**2, most**2), "")
        model.add_multiplication_equality(square, [error, error])
        squares.append(square)
    return squares
