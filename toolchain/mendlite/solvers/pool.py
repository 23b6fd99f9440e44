"""Solve many problems, in worker processes here or on a Dask cluster.

A solver lives in a process of its own: it can be killed past its limit, and two solvers that
cannot share a process never meet. Every solution is checked in exact integers where it arrives;
the solutions are in the problems' order and do not depend on which worker solved what when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import local

from mendlite.claims.rows import check_solution
from mendlite.errors import ClaimError
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.ledger import Ledger, fingerprint
from mendlite.solvers.process import SolverProcess

Arrived = Iterator[tuple[int, Solution]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverPool:
    """Which backend solves, within which limits, where.

    ``jobs`` worker processes, or those of the Dask scheduler at ``dask``. ``ledger`` keeps the
    solutions as they arrive; those that it has already are not computed again.
    """

    backend: str
    limits: Limits
    jobs: int
    dask: str | None = None
    ledger: Ledger | None = None

    def solve(
        self, problems: Sequence[RepairProblem], progress: Callable[[int], None]
    ) -> list[Solution]:
        """Solutions of ``problems`` in their order; ``progress`` gets the number done."""
        prints = self._fingerprints(problems)
        known = self.ledger.known(prints) if self.ledger else {}
        answers = {
            index: checked(problems[index], known[key])
            for index, key in enumerate(prints)
            if key in known
        }
        missing = [index for index in range(len(problems)) if index not in answers]
        if answers:
            progress(len(answers))
        for index, solution in self._arriving(problems, missing):
            answers[index] = checked(problems[index], solution)
            if self.ledger:
                self.ledger.keep(prints[index], answers[index])
            progress(len(answers))
        return [answers[index] for index in range(len(problems))]

    def _fingerprints(self, problems: Sequence[RepairProblem]) -> list[str]:
        """The keys of the solutions in the ledger; nothing without one."""
        if self.ledger is None:
            return []
        return [fingerprint(problem, self.backend, self.limits) for problem in problems]

    def _arriving(self, problems: Sequence[RepairProblem], which: Sequence[int]) -> Arrived:
        if not which:
            return iter(())
        if self.dask is not None:
            from mendlite.solvers.dask_pool import solve_on_dask

            return solve_on_dask(self.dask, self.backend, problems, which, self.limits)
        return _locally(self, problems, which)


def checked(problem: RepairProblem, solution: Solution) -> Solution:
    """The solution where all it claims holds in exact integers; else ERROR with what does not."""
    try:
        check_solution(problem, solution)
    except ClaimError as error:
        return without_answer(solution.backend, SolveStatus.ERROR, str(error))
    return solution


def _locally(pool: SolverPool, problems: Sequence[RepairProblem], which: Sequence[int]) -> Arrived:
    """Solutions as they arrive from worker processes, each fed by a thread of this one."""
    mine, started = local(), []

    def work(index: int) -> tuple[int, Solution]:
        if not hasattr(mine, "process"):
            mine.process = SolverProcess()
            started.append(mine.process)
        return index, mine.process.solve(pool.backend, problems[index], pool.limits)

    threads = ThreadPoolExecutor(min(pool.jobs, len(which)))
    pending: set[Future[tuple[int, Solution]]] = {threads.submit(work, index) for index in which}
    try:
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in started:
            process.close()
