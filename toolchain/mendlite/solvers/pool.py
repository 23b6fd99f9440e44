"""Solve many problems in worker processes.

A solver lives in a process of its own: it can be killed past its limit, and two solvers that
cannot share a process never meet. Answers come in the problems' order and do not depend on
how many workers there are.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits
from mendlite.solvers.registry import make_backend

GRACE = 60.0
"""Seconds beyond a problem's own limits (hard and elastic form) after which its worker is
killed: the solver's start, and limits that it overran."""


def _work(name: str, problem: RepairProblem, limits: Limits) -> Solution:
    return make_backend(name)(problem, limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverPool:
    """Which backend solves, within which limits, in how many worker processes."""

    backend: str
    limits: Limits
    jobs: int

    def solve(
        self, problems: Sequence[RepairProblem], progress: Callable[[int], None]
    ) -> list[Solution]:
        """Solutions of ``problems`` in their order; ``progress`` is told how many are done."""
        answers: list[Solution] = []
        while len(answers) < len(problems):
            for answer in _until_killed(self, problems[len(answers) :]):
                answers.append(answer)
                progress(len(answers))
        return answers


def _until_killed(plan: SolverPool, problems: Sequence[RepairProblem]) -> Iterator[Solution]:
    """Answers in order, until all are there or a worker had to be killed."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(plan.jobs, len(problems)), mp_context=context)
    futures = [pool.submit(_work, plan.backend, problem, plan.limits) for problem in problems]
    try:
        for future in futures:
            answer = _wait(plan.backend, future, plan.limits)
            yield answer
            if answer.status is SolveStatus.ERROR and answer.message.startswith("killed"):
                return
    finally:
        _stop(pool)


def _wait(name: str, future: Future[Solution], limits: Limits) -> Solution:
    try:
        return future.result(timeout=2 * limits.seconds + GRACE)
    except FutureTimeoutError:
        message = f"killed after {2 * limits.seconds + GRACE:.0f} s"
    except BrokenProcessPool:
        message = "killed: its worker process died"
    return Solution(
        status=SolveStatus.ERROR, delta=None, objective=float("inf"), bound=0.0,
        gap=float("inf"), violated=0, seconds=2 * limits.seconds + GRACE, backend=name,
        message=message,
    )  # fmt: skip


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the pool's processes, those that hang included."""
    processes = list(getattr(pool, "_processes", {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
