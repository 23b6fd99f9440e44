"""Where the repairs of a sweep run: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from mendlite.errors import ClusterError
from mendlite.jobs.sweep import SweepResult, SweepTask, lost, run_task
from mendlite.workers.dask_cluster import open_cluster
from mendlite.workers.workers import as_they_end, local_threads


def run_here(tasks: Sequence[SweepTask], jobs: int) -> Iterator[SweepResult]:
    """Results as they arrive, ``jobs`` repairs at a time.

    At Ctrl-C no further one begins; those at work get it too and are waited for.
    """
    with local_threads(jobs) as threads:
        for _, future in as_they_end(threads, run_task, [(task,) for task in tasks]):
            yield future.result()


def run_on_dask(tasks: Sequence[SweepTask], address: str) -> Iterator[SweepResult]:
    """Results as they arrive; a repair whose worker is lost begins again on another one.

    Raises as ``open_cluster``.
    """
    with open_cluster(address) as cluster:
        for place, future in as_they_end(cluster, run_task, [(task,) for task in tasks]):
            yield _result(tasks[place], future)


def _result(task: SweepTask, future: Future[SweepResult]) -> SweepResult:
    try:
        return future.result()
    except ClusterError as error:
        return lost(task, str(error))
