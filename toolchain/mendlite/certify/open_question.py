"""One open question of a proof: branching and a solver alternate, within its share of the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mendlite.certify.bounds.bounds import Bounds
from mendlite.certify.bounds.branching import branch
from mendlite.certify.bounds.encode import Encoding
from mendlite.certify.bounds.query import Query
from mendlite.certify.model_pair import Ints
from mendlite.certify.proof_task import ProofTask
from mendlite.model.clock import TimeLimit
from mendlite.model.integer_program import IntegerProgram, ProgramSolution
from mendlite.model.problem import SolveStatus
from mendlite.model.progress import Progress
from mendlite.model.verification import Method

Solver = Callable[[IntegerProgram, float, Callable[[float, float], bool] | None], ProgramSolution]
"""A program, seconds, and who watches the bound and the best value; True ends the search."""

ROOM = 1e-5
"""Steps below its threshold at which the solver still tests a goal: its tolerances."""

QUICK = 4.0
"""Seconds of a question's first turn at the solver."""

BRANCHING = 0.8
"""Share of what is then left that branching has before the solver comes again."""


@dataclass(slots=True)
class ProofRun:
    """A task on its way to a verdict: what decided last, and notes for the report.

    ``tops`` are the upper bounds of the queries' goals by reachability, by the queries' names.
    """

    task: ProofTask
    bounds: Bounds
    progress: Progress
    limit: TimeLimit
    method: Method = Method.REACHABILITY
    notes: list[str] = field(default_factory=list)
    tops: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class OpenQuestion:
    """One open query: the best bound ``top`` of its goal so far, and until when it may take."""

    run: ProofRun
    query: Query
    solver: Solver | None
    encoding: Encoding | None
    top: float
    limit: TimeLimit
    title: str

    def decide(self) -> bool | Ints:
        """True: ruled out. False: open. An input: it breaks the property.

        The solver has a short turn first, which decides small networks; then branching, then the
        solver for the rest, without and with the integers of the rounding.
        """
        first = self._ask(self.limit.at_most(QUICK, 0.25), rounded=True)
        if first is not False or self.top < self.query.goal.least:
            return first
        if self._branch(self.limit.part(BRANCHING if self.encoding is not None else 1.0)):
            return True
        for share, rounded in ((0.7, False), (1.0, True)):
            outcome = self._ask(self.limit.part(share), rounded=rounded)
            if outcome is not False:
                return outcome
        return False

    def _branch(self, limit: TimeLimit) -> bool:
        seconds = limit.left()

        def watch(bound: float, closed: int, waiting: int) -> bool:
            left = limit.left()
            self._show(bound, f"{closed} branches closed, {waiting} open", left, seconds)
            return left <= 0

        done, bound = branch(self.run.bounds, self.query, watch, limit.over)
        self.top = min(self.top, bound)
        if done:
            self.run.method = Method.BRANCHING
        return done

    def _ask(self, limit: TimeLimit, *, rounded: bool) -> bool | Ints:
        if self.encoding is None or self.solver is None or limit.over():
            return False
        unit = max(self.encoding.units)
        floor = self.query.goal.least - ROOM * unit
        seconds = limit.left()

        def watch(bound: float, best: float) -> bool:
            left = limit.left()
            if np.isfinite(bound):
                self._show(max(bound, floor), "solver", left, seconds)
            return left <= 0 or bool(best >= floor and np.isfinite(best))

        program = self.encoding.program(self.query, floor, rounded=rounded)
        answer = self.solver(program, limit.left(), watch)
        if answer.status is SolveStatus.INFEASIBLE or answer.bound < floor:
            self.run.method = Method.MILP
            return True
        if answer.point is not None:
            x = self.encoding.input_of(answer.point)
            if self.run.task.breaks(x):
                self.run.method = Method.MILP
                return x
        return False

    def _show(self, bound: float, what: str, left: float, seconds: float) -> None:
        """The bound as it narrows, with the seconds that are ``left`` of so many."""
        self.top = min(self.top, bound)
        spent = min(int(seconds - left), int(seconds))
        self.run.progress(
            f"{self.title}: at most {self.top:.4g} ({what})", spent, max(int(seconds), 1)
        )
