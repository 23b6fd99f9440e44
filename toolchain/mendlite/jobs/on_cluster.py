"""A case whose work is spread over the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mendlite.case.case import Case
from mendlite.workers.dask_cluster import open_cluster


@contextmanager
def on_cluster(case: Case, address: str | None) -> Iterator[Case]:
    """The case on the workers of the Dask scheduler at ``address``; the case itself without one."""
    if address is None:
        yield case
        return
    with open_cluster(address) as cluster:
        yield replace(case, execution=replace(case.execution, cluster=cluster))
