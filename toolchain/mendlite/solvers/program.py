"""A problem as a linear (or least-squares) program over integers, for any MILP solver."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import Objective, RepairProblem, SolveStatus
from mendlite.solvers.signed_rows import SignedRows


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerProgram:
    """Minimise ``cost @ x`` (or ``|squares x - target|**2``) over integer x.

    ``matrix @ x >= right``, ``lower <= x <= upper``. ``matrix`` is a scipy csr_array of
    integers (m, n); the first ``deltas`` variables are the weights' deltas. ``squares``
    i64[S, n'] with n' = ``deltas``, ``target`` i64[S].
    """

    matrix: Any
    right: NDArray[np.int64]
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    cost: NDArray[np.int64]
    deltas: int
    squares: NDArray[np.int64] | None = None
    target: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSolution:
    """What a solver says of an IntegerProgram.

    ``status`` OPTIMAL, FEASIBLE, INFEASIBLE or TIME_LIMIT; ``values`` f64[n] (None without a
    point); ``bound`` of the cost as the solver proved it; ``relaxed`` where integrality was not
    kept, and so nothing is proved.
    """

    status: SolveStatus
    values: NDArray[np.float64] | None
    bound: float
    relaxed: bool = False


class Minimiser:
    """Builds programs out of one problem's rows."""

    def __init__(self, problem: RepairProblem) -> None:
        """Rows and box of ``problem``."""
        self.problem = problem
        self.rows = SignedRows.of(problem)
        self.low = problem.delta_min.astype(np.int64)
        self.high = problem.delta_max.astype(np.int64)

    def feasible(self) -> IntegerProgram:
        """The hard rows over the box, without a cost: any point will do."""
        sparse: Any = import_module("scipy.sparse")
        hard = self.rows.some(self.rows.price == 0)
        return IntegerProgram(
            matrix=sparse.csr_array(hard.matrix.astype(np.int64)),
            right=hard.need.astype(np.int64),
            lower=self.low,
            upper=self.high,
            cost=np.zeros(self.low.size, np.int64),
            deltas=self.low.size,
        )

    def elastic(self) -> IntegerProgram:
        """Fewest violated hard rows; soft ones are left out."""
        hard = self.rows.some(self.rows.price == 0)
        return self._priced(hard, np.ones(hard.need.size, np.int64))

    def penalised(self) -> IntegerProgram:
        """Least weight of violated soft rows; hard ones hold."""
        return self._priced(self.rows, self.rows.price)

    def _priced(self, rows: SignedRows, price: NDArray[np.int64]) -> IntegerProgram:
        """Least ``price`` i64[m] of violated ``rows``; rows without a price are hard."""
        sparse: Any = import_module("scipy.sparse")
        free = rows.some(price > 0)
        least = free.worst(self.low.astype(np.float64), self.high.astype(np.float64))[0]
        sources, column = np.unique(free.source, return_inverse=True)
        count = sources.size
        let_go = sparse.coo_array(
            (np.maximum(-least, 0).astype(np.int64), (np.arange(free.need.size), column)),
            shape=(free.need.size, count),
        )
        hard = rows.some(price == 0)
        matrix = sparse.block_array(
            [
                [sparse.csr_array(hard.matrix.astype(np.int64)), None],
                [sparse.csr_array(free.matrix.astype(np.int64)), let_go],
            ]
        )
        if matrix.shape[1] < self.low.size + count:  # block_array drops columns nobody fills
            matrix.resize((matrix.shape[0], self.low.size + count))
        paid = np.zeros(count, np.int64)
        np.maximum.at(paid, column, price[price > 0])
        return IntegerProgram(
            matrix=sparse.csr_array(matrix),
            right=np.concatenate([hard.need, free.need]).astype(np.int64),
            lower=np.concatenate([self.low, np.zeros(count, np.int64)]),
            upper=np.concatenate([self.high, np.ones(count, np.int64)]),
            cost=np.concatenate([np.zeros(self.low.size, np.int64), paid]),
            deltas=self.low.size,
        )

    def constrained(self, penalty: int) -> IntegerProgram:
        """The problem's objective, with soft rows that cost at most ``penalty``."""
        if not np.any(self.rows.price):
            return self._with_objective(self.feasible())
        program = self.penalised()
        capped = _more_rows(program, -program.cost[None], np.array([-penalty]))
        return self._with_objective(replace(capped, cost=np.zeros_like(capped.cost)))

    def _with_objective(self, program: IntegerProgram) -> IntegerProgram:
        objective = self.problem.objective
        if objective is Objective.SQUARED_ERROR:
            return self._squared(program)
        add = {
            Objective.MAX_DELTA: _largest,
            Objective.BYTES: _changed,
            Objective.L1: _sizes,
            Objective.MARGIN: self._margin,
        }
        return add[objective](program)

    def _squared(self, program: IntegerProgram) -> IntegerProgram:
        problem = self.problem
        inputs = problem.inputs.astype(np.int64)
        here = inputs @ problem.weights.astype(np.int64) + problem.bias
        target = np.zeros_like(here) if problem.target is None else problem.target
        return replace(program, squares=inputs, target=target - here)

    def _margin(self, program: IntegerProgram) -> IntegerProgram:
        """A variable t >= 0 below the slack of every hard row; -t is minimised."""
        hard = self.rows.price == 0
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        most = self.rows.some(hard).worst(low, high)[1]
        top = max(int(most.min()), 0) if most.size else 0
        wider = _more_columns(program, np.zeros(1, np.int64), np.array([top]))
        column, count = wider.cost.size - 1, most.size
        sparse: Any = import_module("scipy.sparse")
        below = sparse.csr_array(
            (np.full(count, -1), (np.arange(count), np.full(count, column))),
            shape=wider.matrix.shape,
        )
        cost = wider.cost.copy()
        cost[column] = -1
        return replace(wider, matrix=sparse.csr_array(wider.matrix + below), cost=cost)


def _more_columns(
    program: IntegerProgram, lower: NDArray[np.int64], upper: NDArray[np.int64]
) -> IntegerProgram:
    """The program with further variables, in no row and without a cost."""
    count = lower.size
    matrix = program.matrix.copy()
    matrix.resize((matrix.shape[0], matrix.shape[1] + count))
    return replace(
        program,
        matrix=matrix,
        lower=np.concatenate([program.lower, lower]),
        upper=np.concatenate([program.upper, upper]),
        cost=np.concatenate([program.cost, np.zeros(count, np.int64)]),
    )


def _more_rows(program: IntegerProgram, rows: Any, right: NDArray[np.int64]) -> IntegerProgram:
    sparse: Any = import_module("scipy.sparse")
    matrix = sparse.csr_array(sparse.vstack([program.matrix, sparse.csr_array(rows)]))
    return replace(program, matrix=matrix, right=np.concatenate([program.right, right]))


def _largest(program: IntegerProgram) -> IntegerProgram:
    """A variable M with -M <= delta <= M: the paper's model."""
    sparse: Any = import_module("scipy.sparse")
    count = program.deltas
    most = int(max(np.abs(program.lower[:count]).max(), np.abs(program.upper[:count]).max()))
    wider = _more_columns(program, np.array([0]), np.array([most]))
    column = wider.cost.size - 1
    eye = sparse.eye_array(count, column, dtype=np.int64)
    ones = np.ones((count, 1), np.int64)
    both = sparse.vstack([sparse.hstack([eye, ones]), sparse.hstack([-eye, ones])])
    cost = wider.cost.copy()
    cost[column] = 1
    return replace(_more_rows(wider, both, np.zeros(2 * count, np.int64)), cost=cost)


def _sizes(program: IntegerProgram) -> IntegerProgram:
    """A variable per delta above its size."""
    sparse: Any = import_module("scipy.sparse")
    count = program.deltas
    reach = np.maximum(np.abs(program.lower[:count]), np.abs(program.upper[:count]))
    wider = _more_columns(program, np.zeros(count, np.int64), reach)
    total = wider.cost.size
    eye = sparse.eye_array(count, total, dtype=np.int64)
    size = sparse.eye_array(count, total, k=total - count, dtype=np.int64)
    cost = wider.cost.copy()
    cost[total - count :] = 1
    rows = sparse.vstack([size - eye, size + eye])
    return replace(_more_rows(wider, rows, np.zeros(2 * count, np.int64)), cost=cost)


def _changed(program: IntegerProgram) -> IntegerProgram:
    """A binary per delta: 1 where it may differ from 0."""
    sparse: Any = import_module("scipy.sparse")
    count = program.deltas
    low, high = program.lower[:count], program.upper[:count]
    wider = _more_columns(program, np.zeros(count, np.int64), np.ones(count, np.int64))
    total = wider.cost.size
    eye = sparse.eye_array(count, total, dtype=np.int64)
    zeros = sparse.csr_array((count, total - count), dtype=np.int64)
    from_low = sparse.hstack([zeros, sparse.diags_array(-low, dtype=np.int64)])
    from_high = sparse.hstack([zeros, sparse.diags_array(high, dtype=np.int64)])
    cost = wider.cost.copy()
    cost[total - count :] = 1
    # low b <= delta <= high b
    rows = sparse.vstack([eye + from_low, from_high - eye])
    return replace(_more_rows(wider, rows, np.zeros(2 * count, np.int64)), cost=cost)
