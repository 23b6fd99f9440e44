"""The least M = max |delta|: feasibility for M = 1, 2, 4, ..., then bisection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import process_time

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import highs, milp
from mendlite.solvers.base import Limits, answer
from mendlite.solvers.chain.descent import DeltaBounds, Floats, Rows, descend
from mendlite.solvers.chain.margin_lp import Margin, certified_infeasible, widest_margin
from mendlite.solvers.program import Minimiser
from mendlite.solvers.signed_rows import SignedRows, slack_range

NAME = "chain"

MOVES, POLISH = 150, 300
"""Moves of a descent from the start, and of one from the rounded point of widest margin."""

DRAWS = 4
"""Roundings of the point of widest margin: to the nearest, then by chance."""

LAST_MOVES, LAST_STARTS = 400, 3
"""Moves and starting points of the search for the fewest violated rows."""

LARGEST_PROGRAM = 400_000
"""Branch and bound takes programs of at most so many entries: larger ones only cost time."""

SMALL_PROGRAM = 20_000
"""Where rows contradict each other, branch and bound takes programs of at most so many entries."""

SLOW = 0.1
"""Share of a neuron's seconds that one branch and bound may take, and after which none begins."""

BRANCHES = 200
"""Nodes of one branch and bound: what descent and rounding miss is mostly infeasible early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundVerdict:
    """Of one M: a point that satisfies all rows, or a proof that there is none, or neither."""

    point: Floats | None
    proof: str
    margin: Margin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One problem's rows, hard and soft alike, and its box."""

    problem: RepairProblem
    rows: Rows
    box: DeltaBounds
    limits: Limits
    begun: float

    @staticmethod
    def of(problem: RepairProblem, limits: Limits) -> Search:
        """Start the clock on ``problem``."""
        signed = SignedRows.of(problem)
        # A soft row weighs less than any hard one: what it costs, over what all of them do.
        total = float(signed.price.sum()) + 1.0
        size = np.sqrt(np.maximum(np.einsum("sk,sk->s", signed.matrix, signed.matrix), 1.0))
        cost = np.where(signed.price > 0, signed.price / total, 1.0)
        return Search(
            problem=problem,
            rows=Rows(matrix=signed.matrix, need=signed.need, cost=cost, size=size),
            box=DeltaBounds(
                low=problem.delta_min.astype(np.float64), high=problem.delta_max.astype(np.float64)
            ),
            limits=limits,
            begun=process_time(),
        )

    @property
    def widest(self) -> int:
        """The largest |delta| of the box."""
        return int(max(-self.box.low.min(initial=0.0), self.box.high.max(initial=0.0)))

    @property
    def short(self) -> Limits:
        """The limits of one branch and bound among several."""
        allowed = self.limits.nodes
        nodes = BRANCHES if allowed is None else min(allowed, BRANCHES)
        return Limits(seconds=SLOW * self.limits.seconds, nodes=nodes)

    def spent(self, share: float) -> bool:
        """Whether that share of the seconds is gone."""
        return process_time() - self.begun > share * self.limits.seconds

    def at(self, largest: int, start: Floats) -> BoundVerdict:
        """Whether all rows can hold with |delta| <= ``largest``."""
        box = self.box.within(largest)
        least, most = slack_range(self.rows.matrix, self.rows.need, box.low, box.high)
        if np.any(most < 0):
            return BoundVerdict(point=None, proof="one row needs more")
        rows = self.rows.some(least < 0)
        point, missed = descend(rows, box, box.clip(start), MOVES)
        if not missed:
            return BoundVerdict(point=point, proof="")
        return self._by_program(rows, box, point)

    def _by_program(self, rows: Rows, box: DeltaBounds, point: Floats) -> BoundVerdict:
        """The linear program, its roundings, then branch and bound."""
        margin = widest_margin(rows, box, rows.size, self.limits)
        if margin is None:
            return BoundVerdict(point=None, proof="")
        if margin.margin < 0:
            sure = certified_infeasible(rows, box, margin.multipliers)
            proof = "certificate in exact integers (Farkas)" if sure else ""
            return BoundVerdict(point=None, proof=proof, margin=margin)
        for rounded in roundings(margin.point, box):
            point, missed = descend(rows, box, rounded, POLISH)
            if not missed:
                return BoundVerdict(point=point, proof="", margin=margin)
        return self._by_branching(box, margin)

    def _by_branching(self, box: DeltaBounds, margin: Margin) -> BoundVerdict:
        if self.rows.matrix.size > LARGEST_PROGRAM or self.spent(SLOW):
            return BoundVerdict(point=None, proof="", margin=margin)
        within = replace(
            self.problem,
            delta_min=box.low.astype(np.int16),
            delta_max=box.high.astype(np.int16),
            row_weights=None,
        )
        program = Minimiser(within).feasible()
        solution = highs.optimise(program, self.short)
        if solution.status is SolveStatus.INFEASIBLE:
            return BoundVerdict(point=None, proof="branch and bound of HiGHS", margin=margin)
        if solution.point is None:
            return BoundVerdict(point=None, proof="", margin=margin)
        point = box.clip(solution.point[: box.low.size])
        return BoundVerdict(
            point=None if self.rows.missed(point).any() else point, proof="", margin=margin
        )


def roundings(point: Floats, box: DeltaBounds) -> list[Floats]:
    """The nearest whole point, then some drawn with the chance of their fractions."""
    points = [box.clip(point)]
    for draw in range(DRAWS - 1):
        chance = np.random.default_rng(draw).random(point.size)
        points.append(box.clip(np.floor(point + chance)))
    return points


def solve_largest(search: Search) -> Solution:
    """The least M, proved by what the next smaller one fails on."""
    problem = search.problem
    zero = np.zeros(problem.weights.size)
    best, least, proofs = _least(search, zero)
    if best is None:
        return _fewest(search, proofs.get(search.widest, ""))
    proof = proofs.get(least - 1, "")
    proved = 1 + max((m for m, words in proofs.items() if words), default=-1)
    return answer(
        problem, NAME, whole(best), bound=float(proved), proof=proof,
    )  # fmt: skip


def _least(search: Search, zero: Floats) -> tuple[Floats | None, int, dict[int, str]]:
    """The point of the least M that was found, that M, and the proofs against smaller ones.

    What fails for an M fails for all below it, and so do their proofs.
    """
    proofs = {0: "a row is violated without a change"}
    start, failed, tried = zero, 0, 1
    best: Floats | None = None
    while best is None and failed < search.widest:
        tried = min(tried, search.widest)
        verdict = search.at(tried, start)
        if verdict.point is not None:
            best = verdict.point
            break
        failed = tried
        proofs[tried] = verdict.proof
        if verdict.margin is not None:
            start = verdict.margin.point
        tried = 2 * tried
    if best is None:
        return None, 0, proofs
    least = int(np.abs(best).max(initial=0.0))
    while least - failed > 1:
        middle = (failed + least) // 2
        verdict = search.at(middle, best)
        if verdict.point is None:
            failed, proofs[middle] = middle, verdict.proof
        else:
            best, least = verdict.point, int(np.abs(verdict.point).max(initial=0.0))
    return best, least, proofs


def _fewest(search: Search, proof: str) -> Solution:
    """The delta that violates the least weight of rows among several descents."""
    problem = search.problem
    zero = np.zeros(problem.weights.size)
    starts = [zero]
    if not search.spent(SLOW):
        margin = widest_margin(search.rows, search.box, search.rows.size, search.limits)
        starts += roundings(margin.point, search.box)[:LAST_STARTS] if margin else []
    deltas = [
        descend(search.rows, search.box, search.box.clip(start), LAST_MOVES)[0] for start in starts
    ]
    best = min((answer(problem, NAME, whole(x), message=proof) for x in deltas), key=_cost)
    if search.rows.matrix.size > SMALL_PROGRAM:
        return best
    exact = milp.solve(problem, search.short, NAME, highs.optimise)
    return best if exact.delta is None or _cost(best) < _cost(exact) else exact


def _cost(solution: Solution) -> tuple[int, int, float]:
    return solution.violated, solution.penalty, solution.objective


def whole(point: Floats) -> NDArray[np.int16]:
    """A point of whole numbers as deltas."""
    return point.astype(np.int16)
