"""A mixed-integer linear program, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProgram:
    """Maximise ``cost @ x + constant`` where ``row_lower <= A x <= row_upper``.

    ``lower <= x <= upper``, integer where ``integer``. A is (m, n) by rows: row i holds
    ``value[start[i] : start[i + 1]]`` at the columns ``column[...]``, each once.
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

    @property
    def variables(self) -> int:
        """N."""
        return self.cost.size

    @property
    def rows(self) -> int:
        """M."""
        return self.row_lower.size


@unique
class MaximumStatus(Enum):
    """How a search for a maximum ended."""

    INFEASIBLE = "infeasible"
    """No point satisfies the rows."""
    OPTIMAL = "optimal"
    """The best point was found."""
    STOPPED = "stopped"
    """The time was up, or somebody asked it to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumBound:
    """What a solver says: ``bound`` from above on the maximum, and its best point, f64[n]."""

    outcome: MaximumStatus
    bound: float
    point: NDArray[np.float64] | None
