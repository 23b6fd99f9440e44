"""Backends by name, what each can do, and which pip package it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from mendlite.errors import BadInputError
from mendlite.model.problem import Objective, RepairProblem, Solution
from mendlite.packages import install_command, is_installed, package_of, require, version
from mendlite.reading.names import unknown
from mendlite.solvers.base import Limits

LINEAR = (Objective.MAX_DELTA, Objective.BYTES, Objective.L1, Objective.MARGIN)
EVERY = tuple(Objective)

DEFAULT = "chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """A backend: its module, what it imports, and its means.

    ``exact``: it ends with a proof if it has enough time; ``option`` is CVXPY's solver.
    """

    module: str
    imports: str
    objectives: tuple[Objective, ...]
    exact: bool
    what: str
    option: str | None = None

    @property
    def installed(self) -> bool:
        """Whether its package is here."""
        return is_installed(self.imports)

    @property
    def package(self) -> str:
        """What pip calls its package."""
        return package_of(self.imports).name

    @property
    def install_command(self) -> str:
        """How to get its package."""
        return install_command(self.imports)

    @property
    def version(self) -> str | None:
        """The package's version, None where it is missing."""
        return version(self.imports)


def _cvxpy(solver: str, imports: str, *, exact: bool, squares: bool) -> Info:
    what = "the paper's program stated in CVXPY" if exact else "relaxation, rounded and checked"
    return Info(
        module="mendlite.solvers.cvxpy_solvers", imports=imports,
        objectives=EVERY if squares else LINEAR, exact=exact, what=what, option=solver,
    )  # fmt: skip


BACKENDS: dict[str, Info] = {
    "chain": Info(
        module="mendlite.solvers.chain", imports="highspy", objectives=EVERY,
        exact=False, what="row elimination, coordinate descent, margin LP, exact certificates",
    ),
    "highs": Info(
        module="mendlite.solvers.highs", imports="highspy", objectives=LINEAR,
        exact=True, what="branch and bound",
    ),
    "cvxpy:HIGHS": _cvxpy("HIGHS", "highspy", exact=True, squares=False),
    "cvxpy:SCIP": _cvxpy("SCIP", "pyscipopt", exact=True, squares=True),
    "cvxpy:GLPK_MI": _cvxpy("GLPK_MI", "cvxopt", exact=True, squares=False),
    "cvxpy:CBC": _cvxpy("CBC", "cylp", exact=True, squares=False),
    "cvxpy:GUROBI": _cvxpy("GUROBI", "gurobipy", exact=True, squares=True),
    "cvxpy:SCS": _cvxpy("SCS", "scs", exact=False, squares=True),
    "cvxpy:CLARABEL": _cvxpy("CLARABEL", "clarabel", exact=False, squares=True),
    "scip": Info(
        module="mendlite.solvers.scip", imports="pyscipopt",
        objectives=EVERY, exact=True, what="branch and bound, integer quadratics",
    ),
    "cpsat": Info(
        module="mendlite.solvers.cpsat", imports="ortools", objectives=EVERY,
        exact=True, what="lazy clause generation",
    ),
    "z3": Info(
        module="mendlite.solvers.z3", imports="z3", objectives=LINEAR,
        exact=True, what="SMT over linear integer arithmetic; for small problems",
    ),
    "gurobi": Info(
        module="mendlite.solvers.gurobi", imports="gurobipy",
        objectives=EVERY, exact=True, what="branch and bound; 2,000 rows without a licence",
    ),
}  # fmt: skip


def canonical(name: str) -> str:
    """The name in full: ``cvxpy`` alone means HiGHS."""
    return "cvxpy:HIGHS" if name == "cvxpy" else name


def require_backend(name: str, objective: Objective | None = None) -> Info:
    """The backend ``name``, or an error with what to do.

    Raises BadInputError for an unknown name or an objective that it cannot minimise,
    MissingPackageError where its package is not installed.
    """
    info = BACKENDS.get(canonical(name))
    if info is None:
        raise BadInputError(unknown("backend", name, BACKENDS))
    require(info.imports, f"backend {name}")
    if objective is not None and objective not in info.objectives:
        able = ", ".join(n for n, i in BACKENDS.items() if objective in i.objectives)
        raise BadInputError(f"backend {name} cannot minimise {objective.value}; these can: {able}")
    return info


def solve_with(name: str, problem: RepairProblem, limits: Limits) -> Solution:
    """Solve in this process; imports the solver. Raises what ``require_backend`` does."""
    info = require_backend(name, problem.objective)
    solve: Any = import_module(info.module).solve
    if info.option is not None:
        solve = partial(solve, solver=info.option)
    solution: Solution = solve(problem, limits)
    return solution
