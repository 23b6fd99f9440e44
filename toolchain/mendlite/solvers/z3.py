"""Z3: linear integer arithmetic, with the cost brought down until it is unsatisfiable."""

from __future__ import annotations

from importlib import import_module
from time import process_time
from typing import Any

import numpy as np

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import milp
from mendlite.solvers.base import Limits
from mendlite.solvers.program import IntegerProgram, ProgramSolution

NAME = "z3"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by SMT."""
    return milp.solve(problem, limits, NAME, minimise)


def minimise(program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost, by bisection between what is satisfiable and what is not."""
    z3: Any = import_module("z3")
    end = process_time() + limits.seconds
    solver, x, cost = _state(z3, program)
    best: list[int] | None = None
    floor, value = _least_cost(program), 0
    goal = None
    while True:
        left = end - process_time()
        if left <= 0:
            break
        solver.set("timeout", max(int(1000 * left), 1))
        verdict = solver.check() if goal is None else solver.check(cost <= goal)
        if verdict == z3.sat:
            found = solver.model()
            best = [found.eval(v, model_completion=True).as_long() for v in x]
            value = _cost_of(program, best)
        elif verdict != z3.unsat:
            break
        elif goal is None:
            return ProgramSolution(status=SolveStatus.INFEASIBLE, values=None, bound=np.inf)
        else:
            floor = goal + 1
        if best is not None and value <= floor:
            return ProgramSolution(
                status=SolveStatus.OPTIMAL, values=np.array(best, float), bound=value
            )
        goal = (floor + value - 1) // 2 if verdict == z3.sat or goal is not None else None
    status = SolveStatus.TIME_LIMIT if best is None else SolveStatus.FEASIBLE
    return ProgramSolution(
        status=status, values=None if best is None else np.array(best, float), bound=floor
    )


def _state(z3: Any, program: IntegerProgram) -> tuple[Any, list[Any], Any]:
    """A solver with the program's rows, its variables and its cost."""
    solver = z3.SolverFor("QF_LIA")
    x = [z3.Int(f"x{n}") for n in range(program.cost.size)]
    for variable, low, high in zip(x, program.lower, program.upper, strict=True):
        solver.add(variable >= int(low), variable <= int(high))
    matrix = program.matrix
    for row, right in enumerate(program.right):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        entries = zip(matrix.data[part], matrix.indices[part], strict=True)
        terms = [int(value) * x[column] for value, column in entries if value]
        solver.add(z3.Sum(terms) >= int(right) if terms else z3.BoolVal(bool(right <= 0)))
    terms = [int(c) * x[column] for column, c in enumerate(program.cost) if c]
    return solver, x, z3.Sum(terms) if terms else z3.IntVal(0)


def _least_cost(program: IntegerProgram) -> int:
    return int(np.minimum(program.cost * program.lower, program.cost * program.upper).sum())


def _cost_of(program: IntegerProgram, values: list[int]) -> int:
    return sum(int(c) * v for c, v in zip(program.cost, values, strict=True))
