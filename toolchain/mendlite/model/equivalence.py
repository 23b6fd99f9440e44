"""Equivalence of a last dense layer with the float model on images, as an SMT problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 256
"""Levels of an 8-bit output, counted from the type's smallest value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceProblem:
    """Find integer deltas so that every image's outputs are as they should be.

    S images, C outputs, K weights each. The accumulator of image s and output c is
    ``inputs[s] @ (weights[c] + delta[c]) + bias[c]``, its level the largest v with
    ``cuts[c, v] <= accumulator`` (``cuts`` i64[C, 257] come from the exact requantization;
    ``cuts[:, 0]`` is below every accumulator and ``cuts[:, 256]`` above).

    ``winner`` i64[S] is the required class, the lower index of equal outputs; -1: none is required.
    ``low``, ``high`` i64[S, C] are the levels allowed. Only weights of ``free`` bool[C, K] may
    change, between ``delta_min`` and ``delta_max`` i16[C, K], at most ``changes`` of them (None:
    any number).
    """

    inputs: NDArray[np.int16]
    weights: NDArray[np.int16]
    bias: NDArray[np.int64]
    cuts: NDArray[np.int64]
    winner: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    free: NDArray[np.bool_]
    delta_min: NDArray[np.int16]
    delta_max: NDArray[np.int16]
    changes: int | None = None

    def images(self, which: NDArray[np.int64]) -> EquivalenceProblem:
        """The problem of some of the images."""
        return EquivalenceProblem(
            inputs=self.inputs[which], weights=self.weights, bias=self.bias, cuts=self.cuts,
            winner=self.winner[which], low=self.low[which], high=self.high[which],
            free=self.free, delta_min=self.delta_min, delta_max=self.delta_max,
            changes=self.changes,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceAnswer:
    """``status`` is "sat" with ``delta`` i16[C, K], "unsat", "unknown" or "error".

    ``core`` are images that cannot all be satisfied, and ``bounded`` is true if the number of
    changes is part of that contradiction.
    """

    status: str
    delta: NDArray[np.int16] | None = None
    core: tuple[int, ...] = ()
    bounded: bool = False
    seconds: float = 0.0
    message: str = ""
