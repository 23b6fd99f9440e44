"""One neuron's repair as an integer problem, and its solution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

INT32 = (-(2**31), 2**31 - 1)
"""Ends of an accumulator: a side of a row that stands here is free."""


class SolveStatus(Enum):
    """How a solver ended; only OPTIMAL claims a proof."""

    OPTIMAL = "optimal"
    """The objective is proved minimal."""
    FEASIBLE = "feasible"
    """A solution that satisfies every hard row, not proved minimal."""
    ELASTIC = "elastic"
    """The hard rows cannot all hold: the fewest found violated."""
    INFEASIBLE = "infeasible"
    """Proved that no delta satisfies the hard rows."""
    TIME_LIMIT = "time_limit"
    """A limit ended the search without a solution."""
    ERROR = "error"
    """The backend failed; ``message`` has the reason."""


class Objective(Enum):
    """What is minimised, once the hard rows hold and the soft rows cost as little as they can."""

    MAX_DELTA = "max_delta"
    """M = max |delta| (the paper's)."""
    BYTES = "bytes"
    """The number of weights that change, a byte each."""
    L1 = "l1"
    """sum |delta|."""
    SQUARED_ERROR = "squared_error"
    """Sum over the rows of (accumulator - target)**2."""
    MARGIN = "margin"
    """Minus the smallest slack of a hard row, in units of the accumulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairProblem:
    """Find the integer delta of one neuron's weights.

    minimise ``objective`` over integer delta i64[K], such that for every row s
    ``lower[s] <= inputs[s] @ (weights + delta) + bias <= upper[s]`` and
    ``delta_min <= delta <= delta_max`` element by element. ``inputs`` i16[S,K] are the
    zero-point-corrected inputs x_q - z_x; ``weights`` i16[K]; ``bias`` the int32 bias;
    ``lower``, ``upper`` i64[S] bound the int32 accumulator (int32's own limits where a side is
    free). The accumulator thresholds come from the exact requantization.
    ``row_weights`` i64[S] >= 0 is what violating a soft row costs and 0 for a hard row; None:
    all are hard. ``target`` i64[S] are the accumulators that SQUARED_ERROR aims at.
    """

    layer: int
    neuron: int
    inputs: NDArray[np.int16]
    weights: NDArray[np.int16]
    bias: int
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    delta_min: NDArray[np.int16]
    delta_max: NDArray[np.int16]
    objective: Objective = Objective.MAX_DELTA
    row_weights: NDArray[np.int64] | None = None
    target: NDArray[np.int64] | None = None

    @property
    def hard(self) -> NDArray[np.bool_]:
        """Rows that must hold, bool[S]."""
        if self.row_weights is None:
            return np.ones(self.lower.size, np.bool_)
        hard: NDArray[np.bool_] = self.row_weights == 0
        return hard

    @property
    def prices(self) -> NDArray[np.int64]:
        """What violating each row costs, i64[S]; 0 for hard rows."""
        if self.row_weights is None:
            return np.zeros(self.lower.size, np.int64)
        return self.row_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A backend's result for one problem.

    ``delta`` i16[K] (None without a solution); ``objective`` is the problem's objective there,
    ``bound`` a proved lower bound of it, ``gap`` = (objective - bound) / max(|objective|, 1);
    ``violated`` counts the hard rows that do not hold (0 unless ELASTIC), ``penalty`` the weights
    of violated soft rows; ``proof`` names what proves the bound; ``seconds`` of CPU.
    """

    status: SolveStatus
    delta: NDArray[np.int16] | None
    objective: float
    bound: float
    gap: float
    violated: int
    seconds: float
    backend: str
    message: str = ""
    penalty: int = 0
    proof: str = ""

    @property
    def solved(self) -> bool:
        """Whether there is a delta that satisfies every hard row."""
        return self.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE)
