"""Where the repairs of a sweep run: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mendlite.jobs.sweep import SweepResult, SweepTask, lost, run_task
from mendlite.solvers.dask_pool import each_on_dask

RETRIES = 3
"""How often a repair whose worker was lost is given to another one."""


def run_here(tasks: Sequence[SweepTask], jobs: int) -> Iterator[SweepResult]:
    """Results as they arrive, ``jobs`` repairs at a time.

    At Ctrl-C no further one begins; those at work get it too and are waited for.
    """
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run_task, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def run_on_dask(tasks: Sequence[SweepTask], address: str) -> Iterator[SweepResult]:
    """Results as they arrive; a repair whose worker is lost begins again on another one.

    Raises BadInputError where no scheduler responds, MissingPackageError without dask.
    """
    calls = [(task,) for task in tasks]
    for place, found in each_on_dask(address, run_task, calls, retries=RETRIES):
        yield lost(tasks[place], found) if isinstance(found, str) else found
