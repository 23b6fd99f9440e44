"""Solve many problems in worker processes.

A solver lives in a process of its own: it can be killed past its limit, and two solvers that
cannot share a process never meet. Answers come in the problems' order and do not depend on
how many workers there are.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool

from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits
from mendlite.solvers.registry import make_backend

GRACE = 60.0
"""Seconds beyond a problem's own limits (hard and elastic form) after which its worker is
killed: the solver's start, and limits that it overran."""


def _work(name: str, problem: RepairProblem, limits: Limits) -> Solution:
    return make_backend(name)(problem, limits)


def solve_all(
    name: str,
    problems: Sequence[RepairProblem],
    limits: Limits,
    jobs: int,
    progress: Callable[[int], None],
) -> list[Solution]:
    """Solutions of ``problems`` in their order; ``progress`` is told how many are done."""
    answers: list[Solution] = []
    while len(answers) < len(problems):
        _solve_until_killed(name, problems, limits, jobs, answers, progress)
    return answers


def _solve_until_killed(
    name: str,
    problems: Sequence[RepairProblem],
    limits: Limits,
    jobs: int,
    answers: list[Solution],
    progress: Callable[[int], None],
) -> None:
    """Extend ``answers`` until all are there or a worker had to be killed."""
    rest = problems[len(answers) :]
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(rest)), mp_context=context)
    futures = [pool.submit(_work, name, problem, limits) for problem in rest]
    try:
        for future in futures:
            answer = _wait(name, future, limits)
            answers.append(answer)
            progress(len(answers))
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
