"""HiGHS through highspy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.integer_program import (
    IntegerProgram,
    ProgramSolution,
    Sense,
    ended,
    infeasible,
)
from mendlite.model.problem import RepairProblem, Solution
from mendlite.solvers import milp
from mendlite.solvers.base import Limits, Watch

NAME = "highs"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, optimise)


def quiet_solver(limits: Limits) -> Any:
    """A silent HiGHS on one thread, with these limits."""
    highspy: Any = import_module("highspy")
    solver = highspy.Highs()
    options = {
        "output_flag": False, "threads": 1, "random_seed": 0, "time_limit": limits.seconds,
        "mip_max_nodes": limits.nodes, "mip_rel_gap": 0.0, "mip_abs_gap": limits.gap,
        "mip_feasibility_tolerance": limits.feasibility,
    }  # fmt: skip
    for key, value in options.items():
        if value is not None:
            solver.setOptionValue(key, value)
    return solver


def optimise(
    program: IntegerProgram,
    limits: Limits,
    watch: Watch | None = None,
    start: NDArray[np.float64] | None = None,
) -> ProgramSolution:
    """The best cost; ``start`` f64[n] is a point to begin from, ``watch`` may end the search.

    The bound holds in HiGHS's own arithmetic: a caller leaves its tolerances as room.
    """
    highspy: Any = import_module("highspy")
    solver = quiet_solver(limits)
    solver.passModel(_model(highspy, program))
    if start is not None:
        point = highspy.HighsSolution()
        point.col_value = list(start)
        solver.setSolution(point)
    if watch is not None:
        solver.cbMipInterrupt += _watcher(program, watch)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (
        highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible
    ):  # fmt: skip
        return infeasible(program)
    best = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        best = np.array(solver.getSolution().col_value, np.float64)
    optimal = status == highspy.HighsModelStatus.kOptimal
    return ended(best, float(info.mip_dual_bound) + program.constant, optimal=optimal)


def _watcher(program: IntegerProgram, watch: Watch) -> Callable[[Any], None]:
    def report(event: Any) -> None:
        data = event.data_out
        bound = float(data.mip_dual_bound) + program.constant
        best = float(data.mip_primal_bound) + program.constant
        if watch(bound, best):
            event.interrupt()

    return report


def _model(highspy: Any, program: IntegerProgram) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.variables, program.rows
    if program.sense is Sense.MAXIMISE:
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
