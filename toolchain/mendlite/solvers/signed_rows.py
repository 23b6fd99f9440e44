"""A problem's two-sided rows as one-sided ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import INT32, RepairProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRows:
    """Rows ``matrix @ delta >= need``; sides that int32 frees are left out.

    ``matrix`` f64[m, K] and ``need`` f64[m] hold exact integers, far below 2**53; ``source``
    i64[m] are the problem's rows, ``price`` i64[m] their weights (0: hard).
    """

    matrix: NDArray[np.float64]
    need: NDArray[np.float64]
    source: NDArray[np.int64]
    price: NDArray[np.int64]

    @staticmethod
    def of(problem: RepairProblem) -> SignedRows:
        """All rows of the problem in their order, then the upper sides of those with both."""
        matrix = problem.inputs.reshape(-1, problem.weights.size).astype(np.float64)
        # Exact: sums of K products of two 9-bit integers.
        here = (matrix @ problem.weights.astype(np.float64)).astype(np.int64) + problem.bias
        low, high = problem.lower > INT32[0], problem.upper < INT32[1]
        need = np.where(low, problem.lower - here, here - problem.upper)
        source = np.arange(need.size)
        if (low != high).all():  # mostly: then the rows need not be copied again
            matrix *= np.where(low, 1.0, -1.0)[:, None]
        else:
            source = np.concatenate([np.flatnonzero(low), np.flatnonzero(high)])
            need = np.concatenate([need[low], (here - problem.upper)[high]])
            matrix = np.concatenate([matrix[low], -matrix[high]])
        return SignedRows(
            matrix=matrix,
            need=need.astype(np.float64),
            source=source,
            price=problem.prices[source],
        )

    def some(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> SignedRows:
        """The rows of a mask or of indices."""
        return SignedRows(
            matrix=self.matrix[keep],
            need=self.need[keep],
            source=self.source[keep],
            price=self.price[keep],
        )

    def worst(
        self, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the largest slack of each row over the box, f64[m], exact integers."""
        return slack_range(self.matrix, self.need, low, high)


def slack_range(
    matrix: NDArray[np.float64],
    need: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest ``matrix @ x - need`` over a box, f64[m] each."""
    middle, reach = (high + low) / 2, (high - low) / 2
    at_middle, swing = matrix @ middle - need, np.abs(matrix) @ reach
    return at_middle - swing, at_middle + swing
