"""Solvers for certification's programs, by name; each imported when it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mendlite.model.integer_program import IntegerProgram, ProgramSolution
from mendlite.packages import require
from mendlite.solvers.base import Limits, Watch
from mendlite.solvers.registry import BACKENDS

Maximiser = Callable[[IntegerProgram, float, Watch | None], ProgramSolution]
"""A program, seconds, and who watches."""

NONE = "none"

MAXIMISERS = ("highs", "scip", "gurobi", NONE)
"""Backends that optimise programs with real variables, too."""

GAP, FEASIBILITY = 1e-6, 1e-7
"""Real costs: how near bound and best value must come, and what a row may be missed by."""


@dataclass(frozen=True, slots=True)
class BackendMaximiser:
    """A maximiser by the backend's name: it can be sent to another machine."""

    name: str

    def __call__(
        self, program: IntegerProgram, seconds: float, watch: Watch | None = None
    ) -> ProgramSolution:
        """The best point of ``program`` that is found in ``seconds``, and a bound of all."""
        optimise: Any = import_module(BACKENDS[self.name].module).optimise
        limits = Limits(seconds=max(seconds, 0.01), nodes=None, gap=GAP, feasibility=FEASIBILITY)
        solution: ProgramSolution = optimise(program, limits, watch)
        return solution


def make_maximiser(name: str) -> Maximiser | None:
    """The solver ``name``; None for ``none``.

    Raises MissingPackageError where its package is not installed.
    """
    if name == NONE:
        return None
    require(BACKENDS[name].imports, f"solver {name}")
    return BackendMaximiser(name)
