"""The workers of a Dask cluster (dask.distributed, the extra ``mendlite[dask]``).

A call whose worker is lost runs again on another one, as what it was sent is kept at the scheduler.
Workers with another mendlite are refused when the cluster is opened and, should they join later,
at their first call.
"""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from time import monotonic
from types import MappingProxyType
from typing import Any, TypeVar

from mendlite.errors import BadInputError, ClusterError, MendliteError
from mendlite.packages import load, require
from mendlite.workers.identity import Identity, identity

T = TypeVar("T")

SECONDS_TO_CONNECT = 10

SECONDS_WITHOUT_WORKERS = 60
"""How long a cluster may be without any worker before a run ends."""

MOST_HELD = 2**29
"""Bytes of values that stay on the workers for further calls, the latest ones."""

CLUSTER = "a Dask cluster"

HOW = "start one with 'dask scheduler', and workers with 'dask worker ADDRESS'"


def require_dask() -> None:
    """Raise MissingPackageError where dask.distributed is not installed."""
    require("distributed", CLUSTER)


@contextmanager
def open_cluster(address: str) -> Iterator[DaskCluster]:
    """The cluster of the scheduler at ``address``, until the end of the ``with`` statement.

    Raises MissingPackageError without dask, BadInputError where no scheduler responds, where it has
    no worker, and where a worker has another mendlite.
    """
    client = connect(address)
    try:
        _require_same(client, address)
        yield DaskCluster(client, address)
    finally:
        client.close()


def connect(address: str) -> Any:
    """A client of the scheduler; raises where the package or the scheduler is missing."""
    distributed = load("distributed", CLUSTER)
    try:
        return distributed.Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInputError(
            f"no Dask scheduler responds at {address} ({type(error).__name__}): {HOW}"
        ) from error


def _require_same(client: Any, address: str) -> None:
    """Raise BadInputError where there is no worker, or one that would compute otherwise."""
    found = client.run(identity, on_error="return")
    if not found:
        raise BadInputError(f"the Dask scheduler at {address} has no worker: {HOW}")
    for worker, there in sorted(found.items()):
        if not isinstance(there, Identity):
            raise BadInputError(f"the Dask worker {worker} cannot import this mendlite: {there}")
        if words := there.other(identity()):
            raise BadInputError(_refused(worker, words))


def _refused(worker: str, words: str) -> str:
    return f"the Dask worker {worker} has {words}: install the same on all machines"


def run_as_here(here: Identity, function: Callable[..., T], *arguments: Any) -> T:
    """On a worker: the call, where this process is what the caller's is."""
    if words := identity().other(here):
        raise BadInputError(_refused(load("distributed", CLUSTER).get_worker().address, words))
    return function(*arguments)


def read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A mapping as it was before it was pickled."""
    return MappingProxyType(values)


def pickled(value: Any) -> bytes:
    """The value in bytes, for ``pickle.loads``; read-only mappings, which models have, too."""
    stream = BytesIO()
    pickler = pickle.Pickler(stream, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table | {
        MappingProxyType: lambda mapping: (read_only, (dict(mapping),))
    }
    pickler.dump(value)
    return stream.getvalue()


@lru_cache(1)
def unpickled(data: bytes) -> Any:
    """On a worker: the value that ``hold`` pickled; the latest one is kept for more calls."""
    return pickle.loads(data)  # noqa: S301 - ours


def held(data: bytes) -> bytes:
    """On a worker: what stays there."""
    return data


class DaskCluster:
    """An open cluster; ``threads`` are those it had when it was opened."""

    def __init__(self, client: Any, address: str) -> None:
        """Of a connected client."""
        self.threads = max(1, sum(client.nthreads().values()))
        self._client, self._address = client, address
        self._tasks: dict[Future[Any], Any] = {}
        self._held: dict[str, tuple[Any, int]] = {}
        self._seen = monotonic()

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """As the protocol defines.

        The future raises what the function raised where that is a MendliteError, else ClusterError.
        """
        future: Future[T] = Future()
        task = self._client.submit(run_as_here, identity(), function, *arguments, pure=False)
        self._tasks[future] = task
        future.add_done_callback(self._forget)
        task.add_done_callback(lambda done: _hand_on(done, future))
        return future

    def hold(self, value: Any) -> Any:
        """The pickled value as a task, which any worker can compute again; calls get its bytes."""
        data = pickled(value)
        key = f"mendlite-held-{sha256(data).hexdigest()}"
        known = self._held.pop(key, None)
        if known is None:
            known = self._client.submit(held, data, key=key), len(data)
        self._held[key] = known
        while len(self._held) > 1 and sum(size for _, size in self._held.values()) > MOST_HELD:
            del self._held[next(iter(self._held))]
        return known[0]

    def require_alive(self) -> None:
        """As the protocol defines: a scheduler that responds, and lately had a worker."""
        try:
            found = self._client.nthreads()
        except (OSError, TimeoutError) as error:
            raise ClusterError(f"the Dask scheduler at {self._address} is lost") from error
        if found:
            self._seen = monotonic()
        elif monotonic() - self._seen > SECONDS_WITHOUT_WORKERS:
            raise ClusterError(
                f"the Dask scheduler at {self._address} has lost all workers and got none for "
                f"{SECONDS_WITHOUT_WORKERS} s: start one with 'dask worker {self._address}'"
            )

    def _forget(self, future: Future[Any]) -> None:
        """What was cancelled here is cancelled there; results do not stay on the workers."""
        task = self._tasks.pop(future, None)
        if task is not None and future.cancelled():
            task.cancel()


def _hand_on(task: Any, future: Future[T]) -> None:
    """The task's end becomes the future's."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(task.result())
    except MendliteError as error:
        future.set_exception(error)
    except BaseException as error:  # noqa: BLE001 - whatever the cluster raises becomes a line
        words = " ".join(str(error).split())
        future.set_exception(ClusterError(f"the cluster: {type(error).__name__}: {words}"))
