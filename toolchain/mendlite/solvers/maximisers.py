"""Solvers of mixed-integer linear programs, by name; each imported when it is used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module, util
from typing import Any

from mendlite.errors import MissingPackageError
from mendlite.model.linear_program import LinearProgram, MaximumBound

Watch = Callable[[float, float], bool]
"""Called with the bound and the best value so far; True ends the search."""

Maximiser = Callable[[LinearProgram, float, Watch | None], MaximumBound]
"""A program, seconds, and who watches."""

NONE = "none"

MAXIMISERS: dict[str, tuple[str, str]] = {
    "highs": ("mendlite.solvers.linear_highs", "highspy"),
    "scip": ("mendlite.solvers.linear_scip", "pyscipopt"),
    "gurobi": ("mendlite.solvers.linear_gurobi", "gurobipy"),
    NONE: ("", ""),
}
"""Module, and the package that it needs."""


def make_maximiser(name: str) -> Maximiser | None:
    """The solver ``name``; None for ``none``.

    Raises MissingPackageError where its package is not installed.
    """
    module, package = MAXIMISERS[name]
    if name == NONE:
        return None
    if util.find_spec(package) is None:
        raise MissingPackageError(f"solver {name} needs {package}: pip install {package}")
    maximise: Any = import_module(module).maximise
    found: Maximiser = maximise
    return found
