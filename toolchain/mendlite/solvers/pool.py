"""Solve many problems, in worker processes here or on the workers of a cluster.

A solver lives in a process of its own: it can be killed past its limit, and two solvers that
cannot share a process never meet. Every solution is checked in exact integers where it arrives;
the solutions are in the problems' order and do not depend on which worker solved what when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import local

from mendlite.claims.rows import check_solution
from mendlite.errors import ClaimError, ClusterError
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.ledger import Ledger, fingerprint
from mendlite.solvers.process import SolverProcess
from mendlite.workers.workers import Workers, as_they_end, local_threads

Arrived = Iterator[tuple[int, Solution]]

_mine = local()


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverPool:
    """Which backend solves, within which limits, where.

    ``jobs`` worker processes here, or one a thread of ``cluster``. ``ledger`` keeps the solutions
    as they arrive; those that it has already are not computed again.
    """

    backend: str
    limits: Limits
    jobs: int
    cluster: Workers | None = None
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
        if self.cluster is not None:
            return _on_cluster(self.cluster, self, problems, which)
        return _locally(self, problems, which)


def checked(problem: RepairProblem, solution: Solution) -> Solution:
    """The solution where all it claims holds in exact integers; else ERROR with what does not."""
    try:
        check_solution(problem, solution)
    except ClaimError as error:
        return without_answer(solution.backend, SolveStatus.ERROR, str(error))
    return solution


def solve_in_process(name: str, problem: RepairProblem, limits: Limits) -> Solution:
    """Solve in the solver process of the calling thread."""
    if not hasattr(_mine, "process"):
        _mine.process = SolverProcess()
    process: SolverProcess = _mine.process
    return process.solve(name, problem, limits)


def _on_cluster(
    cluster: Workers, pool: SolverPool, problems: Sequence[RepairProblem], which: Sequence[int]
) -> Arrived:
    """Solutions as they arrive; a task that the cluster did not end costs its own problem."""
    calls = [(pool.backend, problems[index], pool.limits) for index in which]
    for place, future in as_they_end(cluster, solve_in_process, calls):
        yield which[place], _solution(pool.backend, future)


def _solution(backend: str, future: Future[Solution]) -> Solution:
    try:
        return future.result()
    except ClusterError as error:
        return without_answer(backend, SolveStatus.ERROR, str(error))


def _locally(pool: SolverPool, problems: Sequence[RepairProblem], which: Sequence[int]) -> Arrived:
    """Solutions as they arrive from worker processes, each fed by a thread of this one."""
    mine, started = local(), []

    def work(problem: RepairProblem) -> Solution:
        if not hasattr(mine, "process"):
            mine.process = SolverProcess()
            started.append(mine.process)
        process: SolverProcess = mine.process
        return process.solve(pool.backend, problem, pool.limits)

    try:
        with local_threads(min(pool.jobs, len(which))) as threads:
            for place, future in as_they_end(threads, work, [(problems[i],) for i in which]):
                yield which[place], future.result()
    finally:
        for process in started:
            process.close()
