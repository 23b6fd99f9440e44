"""Problems solved on a Dask cluster (dask.distributed, the extra ``mendlite[dask]``).

Its workers run each problem in a solver process of their own, like a local job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import local
from typing import Any, TypeVar

from mendlite.errors import BadInputError
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.packages import load, require
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.process import SolverProcess
from mendlite.solvers.worker import words_of

SECONDS_TO_CONNECT = 10

CLUSTER = "a Dask cluster"

T = TypeVar("T")

_mine = local()


def solve_in_process(name: str, problem: RepairProblem, limits: Limits) -> Solution:
    """Solve in the solver process of the calling thread."""
    if not hasattr(_mine, "process"):
        _mine.process = SolverProcess()
    process: SolverProcess = _mine.process
    return process.solve(name, problem, limits)


def require_dask() -> None:
    """Raise MissingPackageError where dask.distributed is not installed."""
    require("distributed", CLUSTER)


def connect(address: str) -> Any:
    """A client of the scheduler; raises where the package or the scheduler is missing."""
    distributed = load("distributed", CLUSTER)
    try:
        return distributed.Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInputError(
            f"no Dask scheduler responds at {address} ({type(error).__name__}): start one with "
            "'dask scheduler', and workers with 'dask worker ADDRESS'"
        ) from error


def each_on_dask(
    address: str, function: Callable[..., T], calls: Sequence[tuple[Any, ...]], *, retries: int = 0
) -> Iterator[tuple[int, T | str]]:
    """(place in ``calls``, result, or why there is none) as they arrive.

    A call whose worker was lost is made again up to ``retries`` times. Raises as ``connect``.
    """
    client = connect(address)
    distributed = load("distributed", CLUSTER)
    try:
        futures = {
            client.submit(function, *call, pure=False, retries=retries): place
            for place, call in enumerate(calls)
        }
        for future in distributed.as_completed(futures):
            yield futures[future], _result(future)
    finally:
        client.close()


def _result(future: Any) -> Any:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever the cluster says becomes a reason
        return f"the cluster: {words_of(error)}"


def solve_on_dask(
    address: str,
    backend: str,
    problems: Sequence[RepairProblem],
    which: Sequence[int],
    limits: Limits,
) -> Iterator[tuple[int, Solution]]:
    """(index, solution) as they arrive; a worker that dies costs its own problem."""
    calls = [(backend, problems[index], limits) for index in which]
    for place, found in each_on_dask(address, solve_in_process, calls):
        if isinstance(found, str):
            yield which[place], without_answer(backend, SolveStatus.ERROR, found)
        else:
            yield which[place], found
