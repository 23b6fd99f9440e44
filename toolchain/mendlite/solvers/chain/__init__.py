"""The default backend: what solves nearly every neuron in milliseconds, cheapest first.

No change at all; then, for the least M, rows that no delta in the box can violate are left out,
integer coordinate descent on the hinge loss, a lazy max-margin linear program, rounding and
descent from there, branch and bound on the rows that are left; at the end, where rows contradict
each other, the fewest violated. Every bound is proved by an exact certificate, or by branch and
bound.
"""

from __future__ import annotations

import numpy as np

from mendlite.model.problem import Objective, RepairProblem, Solution
from mendlite.solvers.base import Limits, answer
from mendlite.solvers.chain.largest import NAME, Search, solve_largest
from mendlite.solvers.chain.sizes import solve_margin, solve_sizes
from mendlite.solvers.chain.squares import solve_squares
from mendlite.solvers.milp import SMALLEST_AT_ZERO


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by the chain for its objective."""
    search = Search.of(problem, limits)
    if problem.objective in SMALLEST_AT_ZERO and not (search.rows.need > 0).any():
        zero = np.zeros(problem.weights.size, np.int16)
        return answer(problem, NAME, zero, bound=0.0, proof="no row is violated without a change")
    if problem.objective is Objective.MAX_DELTA:
        return solve_largest(search)
    if problem.objective is Objective.SQUARED_ERROR:
        return solve_squares(search)
    if problem.objective is Objective.MARGIN:
        return solve_margin(search)
    return solve_sizes(search)
