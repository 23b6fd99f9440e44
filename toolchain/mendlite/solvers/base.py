"""The interface of a backend: its input and its result.

A backend is a module with ``solve(problem, limits) -> Solution``: the best delta found, within its
box, and what is proved of it. It raises whatever its solver raises: the worker turns that into a
status. It is imported only in the worker that uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.claims.rows import objective_of, penalty_of, violated_rows
from mendlite.model.problem import Objective, RepairProblem, Solution, SolveStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one problem.

    ``seconds`` of CPU end a search; ``nodes`` of branch and bound end it first on an ordinary
    machine, and at the same place on every machine (None: no limit). A search ends, too, where
    bound and cost are no further apart than ``gap``: half a step, for costs in whole numbers.
    ``feasibility`` is what a row may be missed by (None: the solver's own tolerance).
    """

    seconds: float
    nodes: int | None = 2000
    gap: float = 0.5
    feasibility: float | None = None


Watch = Callable[[float, float], bool]
"""Called with the bound and the best value so far; True ends the search."""


def lowest(problem: RepairProblem) -> float:
    """The bound of the objective that needs no proof."""
    return -float("inf") if problem.objective is Objective.MARGIN else 0.0


def answer(
    problem: RepairProblem,
    name: str,
    delta: NDArray[np.int16],
    *,
    bound: float | None = None,
    proof: str = "",
    message: str = "",
) -> Solution:
    """The solution ``delta`` with its objective, rows and penalty counted exactly.

    It is ELASTIC where hard rows fail, OPTIMAL where ``bound`` meets the objective and
    ``proof`` states why, else FEASIBLE.
    """
    violated = int((violated_rows(problem, delta) & problem.hard).sum())
    objective = float(objective_of(problem, delta))
    bound = lowest(problem) if bound is None else bound
    status = SolveStatus.FEASIBLE
    if violated:
        status = SolveStatus.ELASTIC
    elif proof and bound >= objective:
        status, bound = SolveStatus.OPTIMAL, objective
    return Solution(
        status=status,
        delta=delta,
        objective=objective,
        bound=bound,
        gap=(objective - bound) / max(abs(objective), 1.0),
        violated=violated,
        penalty=penalty_of(problem, delta),
        proof=proof,
        seconds=0.0,
        backend=name,
        message=message,
    )


def without_answer(
    name: str, status: SolveStatus, message: str = "", *, bound: float = 0.0
) -> Solution:
    """The message without a delta."""
    return Solution(
        status=status, delta=None, objective=float("inf"), bound=bound, gap=float("inf"),
        violated=0, seconds=0.0, backend=name, message=message,
    )  # fmt: skip
