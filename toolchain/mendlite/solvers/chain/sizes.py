"""Fewest bytes, least sum and widest margin: a good point first, then branch and bound from it."""

from __future__ import annotations

import numpy as np

from mendlite.claims.rows import objective_of, violated_rows
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import highs, milp
from mendlite.solvers.base import Limits, answer
from mendlite.solvers.chain.descent import Floats, descend
from mendlite.solvers.chain.largest import (
    LAST_MOVES,
    NAME,
    Search,
    roundings,
    solve_largest,
    whole,
)
from mendlite.solvers.chain.margin_lp import widest_margin


def solve_sizes(search: Search) -> Solution:
    """Fewest bytes, or the least sum of |delta|."""
    problem = search.problem
    point = descend(search.rows, search.box, np.zeros(problem.weights.size), LAST_MOVES)[0]
    points = [prune(search, point)]
    least = solve_largest(search)
    if least.delta is not None:
        points.append(prune(search, least.delta.astype(np.float64)))
    return _polished(problem, search.limits, points)


def solve_margin(search: Search) -> Solution:
    """The widest smallest slack."""
    problem, limits = search.problem, search.limits
    margin = widest_margin(search.rows, search.box, np.ones(search.rows.need.size), limits)
    points = [np.zeros(problem.weights.size)]
    if margin is not None:
        points += roundings(margin.point, search.box)
    return _polished(problem, limits, points)


def prune(search: Search, point: Floats) -> Floats:
    """The point with every delta brought back toward zero as far as all rows still hold.

    Deltas are taken smallest first; a point that misses rows stays as it is.
    """
    slack = search.rows.matrix @ point - search.rows.need
    if (slack < 0).any():
        return point
    point = point.copy()
    for column in np.argsort(np.abs(point), kind="stable"):
        size = int(abs(point[column]))
        for back in (size, *(size >> bit for bit in range(1, size.bit_length()))):
            moved = slack - np.sign(point[column]) * back * search.rows.matrix[:, column]
            if back and (moved >= 0).all():
                slack = moved
                point[column] -= np.sign(point[column]) * back
                break
    return point


def _polished(problem: RepairProblem, limits: Limits, points: list[Floats]) -> Solution:
    """Branch and bound; the best of ``points`` where it ends with nothing better."""
    exact = milp.solve(problem, limits, NAME, highs.optimise)
    feasible = [
        whole(p) for p in points if not (violated_rows(problem, whole(p)) & problem.hard).any()
    ]
    if exact.status in (SolveStatus.OPTIMAL, SolveStatus.ELASTIC) or not feasible:
        return exact
    candidates = feasible if exact.delta is None else [*feasible, exact.delta]
    best = min(candidates, key=lambda delta: (
        int(problem.prices[violated_rows(problem, delta)].sum()), objective_of(problem, delta)
    ))  # fmt: skip
    return answer(problem, NAME, best, bound=exact.bound, proof=exact.proof)
