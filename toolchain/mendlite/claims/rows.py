"""Exact re-evaluation of one neuron's rows and claims; shares nothing with the solvers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import ClaimError
from mendlite.model.problem import INT32, Objective, RepairProblem, Solution, SolveStatus

BLOCK = 128
"""Rows at a time: their int64 copies stay in the cache."""


def _accumulators(problem: RepairProblem, delta: NDArray[np.int16]) -> NDArray[np.int64]:
    # K products of two 9-bit integers and an int32 bias stay far below 2**63.
    weights = problem.weights.astype(np.int64) + delta.astype(np.int64)
    inputs = problem.inputs.reshape(-1, weights.size)
    sums = np.full(len(inputs), problem.bias, np.int64)
    for begin in range(0, len(inputs), BLOCK):
        part = slice(begin, begin + BLOCK)
        sums[part] += inputs[part].astype(np.int64) @ weights
    return sums


def violated_rows(problem: RepairProblem, delta: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Rows, hard and soft, that do not hold with ``delta``, bool[S], in int64."""
    acc = _accumulators(problem, delta)
    return (acc < problem.lower) | (acc > problem.upper)


def within_box(problem: RepairProblem, delta: NDArray[np.int16]) -> bool:
    """Whether every delta keeps its bounds."""
    return bool(np.all(delta >= problem.delta_min) and np.all(delta <= problem.delta_max))


def objective_of(problem: RepairProblem, delta: NDArray[np.int16]) -> int:
    """The problem's objective at ``delta``, exact; 0 for a margin without hard rows."""
    size = np.abs(delta.astype(np.int64))
    if problem.objective is Objective.MAX_DELTA:
        return int(size.max(initial=0))
    if problem.objective is Objective.BYTES:
        return int(np.count_nonzero(size))
    if problem.objective is Objective.L1:
        return int(size.sum())
    acc = _accumulators(problem, delta)
    if problem.objective is Objective.MARGIN:
        below = (acc - problem.lower)[problem.hard & (problem.lower > INT32[0])]
        above = (problem.upper - acc)[problem.hard & (problem.upper < INT32[1])]
        slack = np.concatenate([below, above])
        return -int(slack.min()) if slack.size else 0
    if problem.target is None:
        raise ClaimError("a problem of squared errors has no targets")
    # Python's integers: squares of int32 differences may pass 2**63 when summed.
    return sum(int(error) ** 2 for error in acc - problem.target)


def penalty_of(problem: RepairProblem, delta: NDArray[np.int16]) -> int:
    """Weights of the soft rows that ``delta`` violates."""
    if problem.row_weights is None:
        return 0
    return int(problem.prices[violated_rows(problem, delta)].sum())


def check_solution(problem: RepairProblem, answer: Solution) -> None:
    """Raise ClaimError unless everything a solution claims holds in exact integers."""
    delta = answer.delta
    if delta is None:
        if answer.solved:
            raise ClaimError(f"{answer.backend} claims {answer.status.value} without a delta")
        return
    if delta.shape != problem.weights.shape or not within_box(problem, delta):
        raise ClaimError(f"{answer.backend}: a delta leaves its box")
    violated = int((violated_rows(problem, delta) & problem.hard).sum())
    facts = {
        "violated hard rows": (answer.violated, violated),
        "weight of violated soft rows": (answer.penalty, penalty_of(problem, delta)),
        "objective": (answer.objective, float(objective_of(problem, delta))),
    }
    for what, (claimed, actual) in facts.items():
        if claimed != actual:
            raise ClaimError(
                f"{answer.backend} claims {claimed} for the {what}; exact re-evaluation "
                f"results in {actual}"
            )
    if answer.solved and violated:
        raise ClaimError(f"{answer.backend} claims {answer.status.value}: {violated} rows fail")
    if answer.status is SolveStatus.OPTIMAL and answer.bound != answer.objective:
        raise ClaimError(f"{answer.backend} claims an optimum that its bound does not reach")
    if answer.bound > answer.objective and answer.status is not SolveStatus.ELASTIC:
        raise ClaimError(f"{answer.backend} claims a bound above the objective")
