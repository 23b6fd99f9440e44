"""Least squares over integers in a box: coordinate descent, and the real optimum as its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.claims.rows import violated_rows
from mendlite.model.problem import Objective, RepairProblem, Solution
from mendlite.solvers.base import answer
from mendlite.solvers.chain.descent import Floats
from mendlite.solvers.chain.largest import NAME, Search, solve_largest
from mendlite.solvers.signed_rows import SignedRows

SWEEPS = 200


def solve_squares(search: Search) -> Solution:
    """Coordinate descent that keeps the hard rows, from the nearest point that satisfies them."""
    problem = search.problem
    largest = replace(problem, objective=Objective.MAX_DELTA)
    least = solve_largest(replace(search, problem=largest))
    if least.delta is None or not least.solved:
        delta = np.zeros(problem.weights.size, np.int16) if least.delta is None else least.delta
        return answer(problem, NAME, delta, message=least.message)
    inputs = problem.inputs.astype(np.float64)
    gap = _gap(problem)
    delta = _descend(search, inputs, gap, least.delta.astype(np.float64))
    bound = _real_optimum(inputs, gap)
    return answer(problem, NAME, delta, bound=bound, proof="the unbounded real optimum")


def _gap(problem: RepairProblem) -> Floats:
    """What the accumulators lack of their targets without a change, f64[S] whole numbers."""
    here = problem.inputs.astype(np.int64) @ problem.weights.astype(np.int64) + problem.bias
    target = np.zeros_like(here) if problem.target is None else problem.target
    lacking: Floats = (target - here).astype(np.float64)
    return lacking


def _real_optimum(inputs: Floats, gap: Floats) -> float:
    """The squared error of real deltas without a box, a lower bound, less its own rounding."""
    if not gap.size:
        return 0.0
    nearest = np.linalg.lstsq(inputs, gap, rcond=None)[0]
    error = float(((gap - inputs @ nearest) ** 2).sum())
    return float(np.floor(max(error * (1 - 1e-9) - 1e-6 * float((gap**2).sum() + 1), 0.0)))


def _descend(search: Search, inputs: Floats, gap: Floats, start: Floats) -> NDArray[np.int16]:
    problem = search.problem
    hard = ~(violated_rows(problem, start.astype(np.int16)) & ~problem.hard)
    keep = hard[SignedRows.of(problem).source]
    rows = search.rows.matrix[keep]
    slack = rows @ start - search.rows.need[keep]
    gram, delta = inputs.T @ inputs, start.copy()
    pull = inputs.T @ (gap - inputs @ start)
    curve = np.maximum(np.diag(gram), 1e-9)
    for _ in range(SWEEPS):
        moved = False
        for column in np.argsort(-np.abs(pull) / np.sqrt(curve), kind="stable"):
            target = np.clip(
                delta[column] + np.rint(pull[column] / curve[column]),
                search.box.low[column],
                search.box.high[column],
            )
            step = _as_far_as_rows_hold(target - delta[column], slack, rows[:, column])
            gain = 2 * step * pull[column] - step * step * gram[column, column]
            if step == 0 or gain <= 0:
                continue
            delta[column] += step
            slack, moved = slack + step * rows[:, column], True
            pull = pull - step * gram[column]
        if not moved or search.spent(1.0):
            break
    return delta.astype(np.int16)


def _as_far_as_rows_hold(step: float, slack: Floats, column: Floats) -> float:
    """The step, shortened to whole numbers so that no slack f64[m] falls below 0."""
    eaten = -np.sign(step) * column
    against = eaten > 0
    if not against.any():
        return step
    return float(np.sign(step) * min(abs(step), np.floor(slack[against] / eaten[against]).min()))
