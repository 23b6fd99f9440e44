"""What a backend is given and what it must answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendlite.model.problem import RepairProblem, Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one problem.

    ``seconds`` of wall clock end a search; ``nodes`` of branch and bound end it first on an
    ordinary machine, and at the same place on every machine.
    """

    seconds: float
    nodes: int = 2000


Backend = Callable[[RepairProblem, Limits], Solution]
"""Solves one problem. Deltas are exact integers within the box; whether rows hold is checked by
the caller."""
