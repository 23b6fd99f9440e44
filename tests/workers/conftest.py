"""A real Dask cluster on this machine."""

import distributed
import pytest


@pytest.fixture(scope="session")
def local():
    """A scheduler with two worker processes, that nannies start again where they are lost."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as found:
        yield found
