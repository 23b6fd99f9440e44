"""A Dask cluster on this machine, for measurements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mendlite.packages import load
from mendlite.workers.dask_cluster import CLUSTER, DaskCluster, open_cluster


@contextmanager
def opened_cluster(workers: int) -> Iterator[tuple[DaskCluster, str]]:
    """A cluster of so many worker processes of one thread, and its scheduler's address."""
    distributed = load("distributed", CLUSTER)
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0"
        ) as local,
        open_cluster(local.scheduler_address) as cluster,
    ):
        yield cluster, local.scheduler_address
