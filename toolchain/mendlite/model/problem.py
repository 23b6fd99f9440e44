"""One neuron's repair as an integer problem, and its solution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


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
    """The backend failed; ``message`` says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairProblem:
    """Find the integer delta of one neuron's weights.

    minimise max |delta| over integer delta i64[K], such that for every row s
    ``lower[s] <= inputs[s] @ (weights + delta) + bias <= upper[s]`` and
    ``delta_min <= delta <= delta_max`` element by element. ``inputs`` i16[S,K] are the
    zero-point-corrected inputs x_q - z_x; ``weights`` i16[K]; ``bias`` the int32 bias;
    ``lower``, ``upper`` i64[S] bound the int32 accumulator (int32's own limits where a side is
    free). The accumulator thresholds come from the exact requantization.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What a backend answers for one problem.

    ``delta`` i16[K] (None without a solution); ``objective`` is its max |delta|, ``bound``
    a proved lower bound of it, ``gap`` = (objective - bound) / max(objective, 1);
    ``violated`` counts the rows that do not hold (0 unless ELASTIC); ``seconds`` of CPU.
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
