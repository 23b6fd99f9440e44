"""One open question of a proof: branching and a solver alternate, within its share of the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from mendlite.certify.bounds.bounds import Bounds
from mendlite.certify.bounds.branching import branch
from mendlite.certify.bounds.encode import Encoding
from mendlite.certify.bounds.query import Query
from mendlite.certify.model_pair import Ints
from mendlite.certify.proof_task import ProofTask
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
    """A task on its way to a verdict: what decided last, and notes for the report."""

    task: ProofTask
    bounds: Bounds
    progress: Progress
    seconds: float
    begun: float
    method: Method = Method.REACHABILITY
    notes: list[str] = field(default_factory=list)

    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - (monotonic() - self.begun)


@dataclass(slots=True)
class OpenQuestion:
    """One open query: the best bound ``top`` of its goal so far, and its share of the time."""

    run: ProofRun
    query: Query
    solver: Solver | None
    encoding: Encoding | None
    top: float
    seconds: float
    title: str

    def decide(self) -> bool | Ints:
        """True: ruled out. False: open. An input: it breaks the property.

        The solver has a short turn first, which decides small networks; then branching, then the
        solver for the rest, without and with the integers of the rounding.
        """
        begun = monotonic()
        first = self._ask(min(QUICK, self.seconds / 4), rounded=True)
        if first is not False or self.top < self.query.goal.least:
            return first
        left = self.seconds - (monotonic() - begun)
        if self._branch(left * (BRANCHING if self.encoding is not None else 1.0)):
            return True
        for share, rounded in ((0.7, False), (1.0, True)):
            left = self.seconds - (monotonic() - begun)
            outcome = self._ask(share * left, rounded=rounded) if left > 0 else False
            if outcome is not False:
                return outcome
        return False

    def _branch(self, seconds: float) -> bool:
        begun = monotonic()

        def watch(bound: float, closed: int, waiting: int) -> bool:
            self._show(bound, f"{closed} branches closed, {waiting} open", begun, seconds)
            return monotonic() - begun > seconds

        done, bound = branch(self.run.bounds, self.query, watch)
        self.top = min(self.top, bound)
        if done:
            self.run.method = Method.BRANCHING
        return done

    def _ask(self, seconds: float, *, rounded: bool) -> bool | Ints:
        if self.encoding is None or self.solver is None:
            return False
        unit = max(self.encoding.units)
        floor = self.query.goal.least - ROOM * unit
        begun = monotonic()

        def watch(bound: float, best: float) -> bool:
            if np.isfinite(bound):
                self._show(max(bound, floor), "solver", begun, seconds)
            return bool(best >= floor and np.isfinite(best))

        program = self.encoding.program(self.query, floor, rounded=rounded)
        answer = self.solver(program, seconds, watch)
        if answer.status is SolveStatus.INFEASIBLE or answer.bound < floor:
            self.run.method = Method.MILP
            return True
        if answer.point is not None:
            x = self.encoding.input_of(answer.point)
            if self.run.task.breaks(x):
                self.run.method = Method.MILP
                return x
        return False

    def _show(self, bound: float, what: str, begun: float, seconds: float) -> None:
        """The bound as it narrows."""
        self.top = min(self.top, bound)
        spent = min(int(monotonic() - begun), int(seconds))
        self.run.progress(
            f"{self.title}: at most {self.top:.4g} ({what})", spent, max(int(seconds), 1)
        )
