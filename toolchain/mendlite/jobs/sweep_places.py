"""Where the repairs of a sweep run: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mendlite.jobs.sweep import SweepResult, SweepTask, lost, run_task
from mendlite.packages import load
from mendlite.solvers.dask_pool import CLUSTER, connect
from mendlite.solvers.worker import words_of

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
    client = connect(address)
    distributed = load("distributed", CLUSTER)
    try:
        futures = {
            client.submit(run_task, task, pure=False, retries=RETRIES): task for task in tasks
        }
        for future in distributed.as_completed(futures):
            yield _result(future, futures[future])
    finally:
        client.close()


def _result(future: object, task: SweepTask) -> SweepResult:
    try:
        result: SweepResult = future.result()  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 - whatever the cluster says becomes a result
        return lost(task, f"the cluster: {words_of(error)}")
    return result
