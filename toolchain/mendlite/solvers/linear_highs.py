"""Mixed-integer linear programs in HiGHS: the best bound at any time, and an early end."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mendlite.model.linear_program import LinearProgram, MaximumBound, MaximumStatus

Watch = Callable[[float, float], bool]
"""Called with the bound and the best value so far; True ends the search."""


def maximise(program: LinearProgram, seconds: float, watch: Watch | None = None) -> MaximumBound:
    """The largest cost within a time limit, on one thread.

    The bound holds in HiGHS's own arithmetic: a caller leaves its tolerances as room.
    """
    highspy: Any = import_module("highspy")
    solver = highspy.Highs()
    options = {
        "output_flag": False, "threads": 1, "random_seed": 0, "time_limit": max(seconds, 0.01),
        "mip_feasibility_tolerance": 1e-7, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6,
    }  # fmt: skip
    for key, value in options.items():
        solver.setOptionValue(key, value)
    solver.passModel(_model(highspy, program))
    if watch is not None:
        solver.cbMipInterrupt += _watcher(program, watch)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (
        highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible
    ):  # fmt: skip
        return MaximumBound(outcome=MaximumStatus.INFEASIBLE, bound=-np.inf, point=None)
    point = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        point = np.array(solver.getSolution().col_value, np.float64)
    best = status == highspy.HighsModelStatus.kOptimal
    return MaximumBound(
        outcome=MaximumStatus.OPTIMAL if best else MaximumStatus.STOPPED,
        bound=float(info.mip_dual_bound) + program.constant,
        point=point,
    )


def _watcher(program: LinearProgram, watch: Watch) -> Callable[[Any], None]:
    def look(event: Any) -> None:
        found = event.data_out
        bound = float(found.mip_dual_bound) + program.constant
        best = float(found.mip_primal_bound) + program.constant
        if watch(bound, best):
            event.interrupt()

    return look


def _model(highspy: Any, program: LinearProgram) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.variables, program.rows
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = program.cost
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.start
    lp.a_matrix_.index_ = program.column
    lp.a_matrix_.value_ = program.value
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if i else kinds.kContinuous for i in program.integer]
    return lp
