"""Backends by name; asking for one imports its adapter, solving imports the solver."""

from __future__ import annotations

from importlib import import_module

from mendlite.solvers.base import Backend

BACKENDS = {"cvxpy+highs": "mendlite.solvers.cvxpy_highs"}


def make_backend(name: str) -> Backend:
    """The backend ``name``; raises KeyError for another name."""
    backend: Backend = import_module(BACKENDS[name]).solve
    return backend
