"""A neuron's problem as an integer program: its deltas are the first variables."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.integer_program import IntegerProgram
from mendlite.model.problem import Objective, RepairProblem
from mendlite.solvers.signed_rows import SignedRows

Numbers = NDArray[np.int64] | NDArray[np.float64]


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
        return _stated(
            sparse.csr_array(hard.matrix.astype(np.int64)), hard.need, self.low, self.high,
            np.zeros(self.low.size),
        )  # fmt: skip

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
        return _stated(
            sparse.csr_array(matrix),
            np.concatenate([hard.need, free.need]),
            np.concatenate([self.low, np.zeros(count)]),
            np.concatenate([self.high, np.ones(count)]),
            np.concatenate([np.zeros(self.low.size), paid]),
        )

    def constrained(self, penalty: int) -> IntegerProgram:
        """The problem's objective, with soft rows that cost at most ``penalty``."""
        if not np.any(self.rows.price):
            return self._with_objective(self.feasible())
        program = self.penalised()
        free = np.zeros_like(program.cost)
        capped = _more_rows(program, -program.cost[None], np.array([-penalty]), free)
        return self._with_objective(capped)

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
        return add[objective](program, self.low.size)

    def _squared(self, program: IntegerProgram) -> IntegerProgram:
        problem = self.problem
        inputs = problem.inputs.astype(np.int64)
        here = inputs @ problem.weights.astype(np.int64) + problem.bias
        target = np.zeros_like(here) if problem.target is None else problem.target
        return replace(program, squares=inputs, target=target - here)

    def _margin(self, program: IntegerProgram, _deltas: int) -> IntegerProgram:
        """A variable t >= 0 below the slack of every hard row; -t is minimised."""
        hard = self.rows.price == 0
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        most = self.rows.some(hard).worst(low, high)[1]
        top = max(int(most.min()), 0) if most.size else 0
        wider = _more_columns(program, np.zeros(1), np.array([top]))
        column, count = wider.variables - 1, most.size
        sparse: Any = import_module("scipy.sparse")
        below = sparse.csr_array(
            (np.full(count, -1.0), (np.arange(count), np.full(count, column))),
            shape=(wider.rows, wider.variables),
        )
        cost = wider.cost.copy()
        cost[column] = -1
        return _with_rows(wider, matrix_of(wider) + below, wider.row_lower, cost=cost)


def matrix_of(program: IntegerProgram) -> Any:
    """The rows as a scipy csr_array (m, n)."""
    sparse: Any = import_module("scipy.sparse")
    parts = program.value, program.column, program.start
    return sparse.csr_array(parts, shape=(program.rows, program.variables))


def _stated(
    matrix: Any, need: Numbers, lower: Numbers, upper: Numbers, cost: Numbers
) -> IntegerProgram:
    """``matrix @ x >= need`` over whole x from ``lower`` to ``upper``; matrix a csr_array."""
    return IntegerProgram(
        start=matrix.indptr.astype(np.int32),
        column=matrix.indices.astype(np.int32),
        value=matrix.data.astype(np.float64),
        row_lower=need.astype(np.float64),
        row_upper=np.full(need.size, np.inf),
        lower=lower.astype(np.float64),
        upper=upper.astype(np.float64),
        integer=np.ones(cost.size, np.bool_),
        cost=cost.astype(np.float64),
    )


def _with_rows(
    program: IntegerProgram, matrix: Any, need: Numbers, *, cost: Numbers
) -> IntegerProgram:
    """The program with these rows and this cost."""
    sparse: Any = import_module("scipy.sparse")
    return _stated(sparse.csr_array(matrix), need, program.lower, program.upper, cost)


def _more_columns(program: IntegerProgram, lower: Numbers, upper: Numbers) -> IntegerProgram:
    """The program with further variables, in no row and without a cost."""
    count = lower.size
    return replace(
        program,
        lower=np.concatenate([program.lower, lower]),
        upper=np.concatenate([program.upper, upper]),
        integer=np.ones(program.variables + count, np.bool_),
        cost=np.concatenate([program.cost, np.zeros(count)]),
    )


def _more_rows(program: IntegerProgram, rows: Any, need: Numbers, cost: Numbers) -> IntegerProgram:
    """The program with further rows, and with this cost."""
    sparse: Any = import_module("scipy.sparse")
    matrix = sparse.vstack([matrix_of(program), sparse.csr_array(rows)])
    return _with_rows(program, matrix, np.concatenate([program.row_lower, need]), cost=cost)


def _largest(program: IntegerProgram, count: int) -> IntegerProgram:
    """A variable M with -M <= delta <= M: the paper's model."""
    sparse: Any = import_module("scipy.sparse")
    most = int(max(np.abs(program.lower[:count]).max(), np.abs(program.upper[:count]).max()))
    wider = _more_columns(program, np.array([0]), np.array([most]))
    column = wider.variables - 1
    eye = sparse.eye_array(count, column, dtype=np.int64)
    ones = np.ones((count, 1), np.int64)
    both = sparse.vstack([sparse.hstack([eye, ones]), sparse.hstack([-eye, ones])])
    cost = wider.cost.copy()
    cost[column] = 1
    return _more_rows(wider, both, np.zeros(2 * count), cost)


def _sizes(program: IntegerProgram, count: int) -> IntegerProgram:
    """A variable per delta above its size."""
    sparse: Any = import_module("scipy.sparse")
    reach = np.maximum(np.abs(program.lower[:count]), np.abs(program.upper[:count]))
    wider = _more_columns(program, np.zeros(count), reach)
    total = wider.variables
    eye = sparse.eye_array(count, total, dtype=np.int64)
    size = sparse.eye_array(count, total, k=total - count, dtype=np.int64)
    cost = wider.cost.copy()
    cost[total - count :] = 1
    rows = sparse.vstack([size - eye, size + eye])
    return _more_rows(wider, rows, np.zeros(2 * count), cost)


def _changed(program: IntegerProgram, count: int) -> IntegerProgram:
    """A binary per delta: 1 where it may differ from 0."""
    sparse: Any = import_module("scipy.sparse")
    low, high = program.lower[:count], program.upper[:count]
    wider = _more_columns(program, np.zeros(count), np.ones(count))
    total = wider.variables
    eye = sparse.eye_array(count, total, dtype=np.int64)
    zeros = sparse.csr_array((count, total - count), dtype=np.int64)
    from_low = sparse.hstack([zeros, sparse.diags_array(-low, dtype=np.int64)])
    from_high = sparse.hstack([zeros, sparse.diags_array(high, dtype=np.int64)])
    cost = wider.cost.copy()
    cost[total - count :] = 1
    # low b <= delta <= high b
    rows = sparse.vstack([eye + from_low, from_high - eye])
    return _more_rows(wider, rows, np.zeros(2 * count), cost)
