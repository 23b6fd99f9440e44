"""The max-margin linear program over a box, its rows added as they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import whole_product
from mendlite.solvers.base import Limits
from mendlite.solvers.chain.descent import DeltaBounds, Floats, Rows
from mendlite.solvers.highs import quiet_solver

FIRST, MORE = 64, 32
"""Rows of the first program, and rows that are added at a time."""

MULTIPLIER_BITS = 20
"""A certificate's multipliers are whole numbers up to 2**20: its sums stay below 2**53."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The best point f64[K] with its margin t, and the multipliers f64[m] that bound t."""

    point: Floats
    margin: float
    multipliers: Floats


def widest_margin(rows: Rows, box: DeltaBounds, scale: Floats, limits: Limits) -> Margin | None:
    """Maximise t with ``matrix @ x >= need + t scale`` over real x in the box.

    Rows enter only once a point violates them. None where the solver reached a limit.
    """
    highspy: Any = import_module("highspy")
    solver = quiet_solver(limits)
    columns = box.low.size
    inf = highspy.kHighsInf
    solver.addVars(columns + 1, np.append(box.low, -inf), np.append(box.high, inf))
    solver.changeColCost(columns, -1.0)
    slack = rows.matrix @ np.clip(0.0, box.low, box.high) - rows.need
    fresh = np.argsort(slack / scale, kind="stable")[:FIRST]
    used = np.zeros(0, np.int64)
    while True:
        used = np.concatenate([used, fresh])
        _add(solver, rows, scale, fresh, inf)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        values = np.array(solution.col_value)
        point, margin = values[:-1], float(values[-1])
        behind = (whole_product(rows.matrix, point) - rows.need) / scale - margin
        behind[used] = np.inf
        fresh = np.argsort(behind, kind="stable")[:MORE]
        fresh = fresh[behind[fresh] < -1e-7 * max(1.0, abs(margin))]
        if not fresh.size:
            multipliers = np.zeros(rows.need.size)
            multipliers[used] = np.abs(np.array(solution.row_dual))
            return Margin(point=point, margin=margin, multipliers=multipliers)


def _add(solver: Any, rows: Rows, scale: Floats, which: NDArray[np.int64], inf: float) -> None:
    block = np.column_stack([rows.matrix[which], -scale[which]])
    count, filled = which.size, block != 0
    starts = np.concatenate([[0], np.cumsum(filled.sum(axis=1))[:-1]]).astype(np.int32)
    solver.addRows(
        count,
        rows.need[which],
        np.full(count, inf),
        int(filled.sum()),
        starts,
        np.nonzero(filled)[1].astype(np.int32),
        block[filled],
    )


def certified_infeasible(rows: Rows, box: DeltaBounds, multipliers: Floats) -> bool:
    """Whether the multipliers prove that no point of the box satisfies all rows (Farkas).

    For y >= 0 every feasible x has y G x >= y r; where the most that y G x reaches over the box
    stays below y r, there is none. In integers: rounding y costs nothing but tightness.
    """
    largest = float(multipliers.max(initial=0.0))
    if largest <= 0.0:
        return False
    whole = np.rint(multipliers / largest * (1 << MULTIPLIER_BITS)).astype(np.int64)
    used = whole > 0
    combined = whole[used] @ rows.matrix[used].astype(np.int64)
    low, high = box.low.astype(np.int64), box.high.astype(np.int64)
    most = sum(int(v) for v in np.maximum(combined * low, combined * high))
    need = rows.need[used].astype(np.int64)
    least = sum(int(y) * int(r) for y, r in zip(whole[used], need, strict=True))
    return most < least
