"""Exact re-evaluation of an EquivalenceProblem; shares nothing with the solver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.equivalence import EquivalenceProblem


def levels(problem: EquivalenceProblem, delta: NDArray[np.int16]) -> NDArray[np.int64]:
    """Output levels i64[S, C], 0 to 255, with ``delta`` i16[C, K], in int64."""
    weights = problem.weights.astype(np.int64) + delta.astype(np.int64)
    acc = problem.inputs.astype(np.int64) @ weights.T + problem.bias
    columns: list[NDArray[np.intp]] = [
        np.searchsorted(cuts, acc[:, c], side="right") - 1 for c, cuts in enumerate(problem.cuts)
    ]
    stacked: NDArray[np.int64] = np.stack(columns, axis=1).astype(np.int64)
    return stacked


def violated_images(problem: EquivalenceProblem, delta: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Images whose outputs are not as they should be, bool[S]."""
    outputs = levels(problem, delta)
    outside = ((outputs < problem.low) | (outputs > problem.high)).any(axis=1)
    # argmax takes the first of equals, as the kernels' users do.
    lost = (problem.winner >= 0) & (outputs.argmax(axis=1) != problem.winner)
    wrong: NDArray[np.bool_] = outside | lost
    return wrong


def within_bounds(problem: EquivalenceProblem, delta: NDArray[np.int16]) -> bool:
    """Whether only free weights change, within their box, and not too many."""
    inside = bool((delta >= problem.delta_min).all() and (delta <= problem.delta_max).all())
    few = problem.changes is None or int(np.count_nonzero(delta)) <= problem.changes
    return inside and few and not bool(delta[~problem.free].any())
