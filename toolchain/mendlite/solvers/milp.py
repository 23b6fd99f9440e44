"""The course of every backend that states a program: rows, soft rows, objective, elastic end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.claims.rows import objective_of, penalty_of, violated_rows
from mendlite.model.integer_program import IntegerProgram, ProgramSolution
from mendlite.model.problem import Objective, RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, answer, lowest, without_answer
from mendlite.solvers.program import Minimiser

Optimise = Callable[[IntegerProgram, Limits], ProgramSolution]
"""An adapter: the least cost of a program."""

SMALLEST_AT_ZERO = (Objective.MAX_DELTA, Objective.BYTES, Objective.L1)

PROVED_BY = "branch and bound of {}"


def solve(
    problem: RepairProblem,
    limits: Limits,
    name: str,
    optimise: Optimise,
    *,
    at_once: bool = True,
) -> Solution:
    """Solve ``problem`` with a solver's ``optimise``.

    The weight of violated soft rows is minimised first, then the objective with that weight.
    Where the hard rows contradict each other, the fewest violated are looked for. With
    ``at_once`` a problem whose rows hold without a change is not stated at all.
    """
    zero = np.zeros(problem.weights.size, np.int16)
    small = at_once and problem.objective in SMALLEST_AT_ZERO
    if small and not violated_rows(problem, zero).any():
        return answer(problem, name, zero, proof="no row is violated without a change")
    programs = Minimiser(problem)
    penalty, settled = 0, True
    if np.any(programs.rows.price):
        solution = optimise(programs.penalised(), limits)
        if solution.status is SolveStatus.INFEASIBLE:
            return _elastic(problem, limits, name, optimise)
        delta = integers(problem, solution.point)
        if delta is None:
            return without_answer(name, SolveStatus.TIME_LIMIT)
        penalty, settled = penalty_of(problem, delta), solution.status is SolveStatus.OPTIMAL
    solution = optimise(programs.constrained(penalty), limits)
    if solution.status is SolveStatus.INFEASIBLE:
        return _elastic(problem, limits, name, optimise)
    return _read(problem, name, solution, settled=settled and not solution.relaxed)


def integers(
    problem: RepairProblem, values: NDArray[np.float64] | None
) -> NDArray[np.int16] | None:
    """The deltas among a program's values rounded to integers in the box; None without any."""
    if values is None or not np.all(np.isfinite(values)):
        return None
    rounded: NDArray[np.int16] = np.clip(
        np.rint(values[: problem.weights.size]), problem.delta_min, problem.delta_max
    ).astype(np.int16)
    return rounded


def _read(
    problem: RepairProblem, name: str, optimum: ProgramSolution, *, settled: bool
) -> Solution:
    """The solution that a solver's values represent; hard rows are counted exactly."""
    delta = integers(problem, optimum.point)
    # Objectives are integers: a solver's bound may be rounded up, short of its own tolerance.
    bound = lowest(problem)
    if settled and np.isfinite(optimum.bound):
        bound = max(bound, float(np.ceil(optimum.bound - 1e-6)))
    if delta is None:
        return without_answer(name, SolveStatus.TIME_LIMIT, bound=bound)
    if (violated_rows(problem, delta) & problem.hard).any():
        count = int((violated_rows(problem, delta) & problem.hard).sum())
        words = f"rounded to integers, its solution violates {count} rows"
        lied = optimum.status is SolveStatus.OPTIMAL and not optimum.relaxed
        status = SolveStatus.ERROR if lied else SolveStatus.TIME_LIMIT
        return without_answer(name, status, words, bound=bound)
    said = PROVED_BY.format(name)
    if settled and optimum.status is SolveStatus.OPTIMAL:
        # The solver's optimum, by its own tolerance: what it stands for is counted exactly.
        bound = float(objective_of(problem, delta))
    return answer(problem, name, delta, bound=bound, proof=said if settled else "")


def _elastic(problem: RepairProblem, limits: Limits, name: str, optimise: Optimise) -> Solution:
    """Fewest violated hard rows; what is proved is that they cannot all hold."""
    solution = optimise(Minimiser(problem).elastic(), limits)
    delta, zero = integers(problem, solution.point), np.zeros(problem.weights.size, np.int16)

    def violated(candidate: NDArray[np.int16]) -> int:
        return int((violated_rows(problem, candidate) & problem.hard).sum())

    if delta is None or violated(delta) > violated(zero):
        delta = zero
    fewest = solution.status is SolveStatus.OPTIMAL and not solution.relaxed
    words = "the hard rows contradict each other" + (
        f"; none violates fewer ({PROVED_BY.format(name)})" if fewest else ""
    )
    return answer(problem, name, delta, proof=words)
