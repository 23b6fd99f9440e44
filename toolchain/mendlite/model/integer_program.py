"""A mixed-integer program, as data, and what a solver finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import SolveStatus


@unique
class Sense(Enum):
    """Which end of the cost is looked for."""

    MINIMISE = "minimise"
    MAXIMISE = "maximise"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerProgram:
    """The least (or largest) ``cost @ x + constant`` where ``row_lower <= A x <= row_upper``.

    ``lower <= x <= upper``, integer where ``integer``. A is (m, n) by rows: row i holds
    ``value[start[i] : start[i + 1]]`` at the columns ``column[...]``, each once. Where there are
    ``squares`` i64[S, k] and ``target`` i64[S], ``|squares x[:k] - target|**2`` is part of a cost
    to be minimised.
    """

    start: NDArray[np.int32]
    column: NDArray[np.int32]
    value: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    cost: NDArray[np.float64]
    constant: float = 0.0
    sense: Sense = Sense.MINIMISE
    squares: NDArray[np.int64] | None = None
    target: NDArray[np.int64] | None = None

    @property
    def variables(self) -> int:
        """N."""
        return self.cost.size

    @property
    def rows(self) -> int:
        """M."""
        return self.row_lower.size

    @property
    def worst(self) -> float:
        """The cost that is worse than any other."""
        return -np.inf if self.sense is Sense.MAXIMISE else np.inf

    def row(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Columns and values of one row."""
        part = slice(self.start[number], self.start[number + 1])
        return self.column[part], self.value[part]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSolution:
    """What a solver finds.

    ``status`` is OPTIMAL, FEASIBLE, INFEASIBLE or TIME_LIMIT (stopped without a point); ``point``
    f64[n] is None without one; ``bound`` of the cost is as the solver proved it; ``relaxed`` where
    integrality was not kept, and so nothing is proved.
    """

    status: SolveStatus
    point: NDArray[np.float64] | None
    bound: float
    relaxed: bool = False


def infeasible(program: IntegerProgram, *, relaxed: bool = False) -> ProgramSolution:
    """No point satisfies the rows."""
    return ProgramSolution(
        status=SolveStatus.INFEASIBLE, point=None, bound=program.worst, relaxed=relaxed
    )


def ended(
    point: NDArray[np.float64] | None, bound: float, *, optimal: bool, relaxed: bool = False
) -> ProgramSolution:
    """What a search ended with; ``optimal``: the solver proved it."""
    status = SolveStatus.OPTIMAL if optimal else SolveStatus.FEASIBLE
    return ProgramSolution(
        status=SolveStatus.TIME_LIMIT if point is None else status,
        point=point,
        bound=bound,
        relaxed=relaxed,
    )
