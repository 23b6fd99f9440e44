"""HiGHS through highspy."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers import milp
from mendlite.solvers.base import Limits
from mendlite.solvers.program import IntegerProgram, ProgramSolution

NAME = "highs"


def solve(problem: RepairProblem, limits: Limits) -> Solution:
    """Solve one problem by branch and bound."""
    return milp.solve(problem, limits, NAME, minimise)


def quiet_solver(limits: Limits) -> Any:
    """A silent HiGHS on one thread, with these limits and no tolerance in the objective."""
    highspy: Any = import_module("highspy")
    solver = highspy.Highs()
    options = {
        "output_flag": False, "threads": 1, "random_seed": 0, "time_limit": limits.seconds,
        "mip_max_nodes": limits.nodes, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5,
    }  # fmt: skip
    for key, value in options.items():
        solver.setOptionValue(key, value)
    return solver


def minimise(
    program: IntegerProgram, limits: Limits, start: NDArray[np.float64] | None = None
) -> ProgramSolution:
    """The least cost; ``start`` f64[n] is a point to begin from."""
    highspy: Any = import_module("highspy")
    solver = quiet_solver(limits)
    solver.passModel(_model(highspy, program))
    if start is not None:
        point = highspy.HighsSolution()
        point.col_value = list(start)
        solver.setSolution(point)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return ProgramSolution(status=SolveStatus.INFEASIBLE, values=None, bound=np.inf)
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return ProgramSolution(status=SolveStatus.TIME_LIMIT, values=None, bound=bound)
    best = status == highspy.HighsModelStatus.kOptimal
    values = np.array(solver.getSolution().col_value, np.float64)
    return ProgramSolution(
        status=SolveStatus.OPTIMAL if best else SolveStatus.FEASIBLE, values=values, bound=bound
    )


def _model(highspy: Any, program: IntegerProgram) -> Any:
    matrix = program.matrix
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.cost.size, program.right.size
    lp.col_cost_ = program.cost.astype(np.float64)
    lp.col_lower_, lp.col_upper_ = program.lower.astype(float), program.upper.astype(float)
    lp.row_lower_ = program.right.astype(np.float64)
    lp.row_upper_ = np.full(program.right.size, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data.astype(np.float64)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * program.cost.size
    return lp
