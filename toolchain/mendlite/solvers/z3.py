"""Z3: linear integer arithmetic, with the cost brought down until it is unsatisfiable."""

from __future__ import annotations

from importlib import import_module
from time import process_time
from typing import Any

import numpy as np

from mendlite.model.integer_program import IntegerProgram, ProgramSolution, ended, infeasible
from mendlite.model.problem import RepairProblem, Solution
from mendlite.solvers import milp
from mendlite.solvers.base import Limits

NAME = "z3"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by SMT."""
    return milp.solve(problem, limits, NAME, optimise)


def optimise(program: IntegerProgram, limits: Limits) -> ProgramSolution:
    """The least cost of a program in whole numbers, by bisection on what is satisfiable."""
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
            assignment = solver.model()
            best = [assignment.eval(v, model_completion=True).as_long() for v in x]
            value = _cost_of(program, best)
        elif verdict != z3.unsat:
            break
        elif goal is None:
            return infeasible(program)
        else:
            floor = goal + 1
        if best is not None and value <= floor:
            return ended(np.array(best, float), value, optimal=True)
        goal = (floor + value - 1) // 2 if verdict == z3.sat or goal is not None else None
    return ended(None if best is None else np.array(best, float), floor, optimal=False)


def _state(z3: Any, program: IntegerProgram) -> tuple[Any, list[Any], Any]:
    """A solver with the program's rows, its variables and its cost."""
    solver = z3.SolverFor("QF_LIA")
    x = [z3.Int(f"x{n}") for n in range(program.variables)]
    for variable, low, high in zip(x, program.lower, program.upper, strict=True):
        solver.add(variable >= int(low), variable <= int(high))
    for number, need in enumerate(program.row_lower):
        columns, values = program.row(number)
        terms = [int(value) * x[c] for value, c in zip(values, columns, strict=True) if value]
        solver.add(z3.Sum(terms) >= int(need) if terms else z3.BoolVal(bool(need <= 0)))
    terms = [int(c) * x[column] for column, c in enumerate(program.cost) if c]
    return solver, x, z3.Sum(terms) if terms else z3.IntVal(0)


def _least_cost(program: IntegerProgram) -> int:
    return int(np.minimum(program.cost * program.lower, program.cost * program.upper).sum())


def _cost_of(program: IntegerProgram, values: list[int]) -> int:
    return sum(int(c) * v for c, v in zip(program.cost, values, strict=True))
