"""Exact re-evaluation of one neuron's rows; shares nothing with the solvers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import RepairProblem


def violated_rows(problem: RepairProblem, delta: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Rows that do not hold with ``delta``, bool[S], in int64."""
    weights = problem.weights.astype(np.int64) + delta.astype(np.int64)
    # K products of a 9-bit and a 9-bit integer and an int32 bias stay far below 2**63.
    acc = np.array(
        [int(np.dot(row.astype(np.int64), weights)) for row in problem.inputs], np.int64
    ).reshape(-1)
    acc += problem.bias
    return (acc < problem.lower) | (acc > problem.upper)


def within_box(problem: RepairProblem, delta: NDArray[np.int16]) -> bool:
    """Whether every delta keeps its bounds."""
    return bool(np.all(delta >= problem.delta_min) and np.all(delta <= problem.delta_max))
