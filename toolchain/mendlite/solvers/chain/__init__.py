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
from mendlite.repair.check_rows import violated_rows
from mendlite.solvers.base import Limits, answer
from mendlite.solvers.chain.largest import NAME, solve_largest
from mendlite.solvers.chain.sizes import solve_margin, solve_sizes
from mendlite.solvers.chain.squares import solve_squares
from mendlite.solvers.milp import SMALLEST_AT_ZERO


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by the chain for its objective."""
    zero = np.zeros(problem.weights.size, np.int16)
    if problem.objective in SMALLEST_AT_ZERO and not violated_rows(problem, zero).any():
        return answer(problem, NAME, zero, bound=0.0, proof="no row is violated without a change")
    if problem.objective is Objective.MAX_DELTA:
        return solve_largest(problem, limits)
    if problem.objective is Objective.SQUARED_ERROR:
        return solve_squares(problem, limits)
    if problem.objective is Objective.MARGIN:
        return solve_margin(problem, limits)
    return solve_sizes(problem, limits)
