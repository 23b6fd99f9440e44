"""What runs tasks, and how results are collected: in the calls' order, or as they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

LOOK = 5.0
"""Seconds between two looks at whether anything is left that could end a task."""

AHEAD = 2
"""Tasks a thread that run or wait before the first result is collected: memory stays bounded."""


class Workers(Protocol):
    """Threads that run functions, here or elsewhere."""

    @property
    def threads(self) -> int:
        """Tasks that run at a time."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin one call; its result or its exception is the future's."""

    def hold(self, value: Any) -> Any:
        """What ``submit`` takes in place of ``value``, so that it travels once for many calls."""

    def require_alive(self) -> None:
        """Raise ClusterError where nothing is left that could run a task."""


@dataclass(frozen=True, slots=True)
class LocalThreads:
    """Threads of this process."""

    threads: int
    _pool: ThreadPoolExecutor

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """As the protocol defines."""
        return self._pool.submit(function, *arguments)

    def hold(self, value: Any) -> Any:
        """The value itself."""
        return value

    def require_alive(self) -> None:
        """Nothing: threads end with the process alone."""


@contextmanager
def local_threads(threads: int) -> Iterator[LocalThreads]:
    """So many threads; at the end what runs is waited for, and nothing more begins."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield LocalThreads(threads, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def in_order(
    workers: Workers, function: Callable[..., T], calls: Iterable[tuple[Any, ...]]
) -> Iterator[T]:
    """Results in the order of ``calls``; raises what a call raised, when its turn comes.

    A few calls a thread are at work or wait at a time (AHEAD).
    """
    waiting: deque[Future[T]] = deque()
    try:
        for arguments in calls:
            waiting.append(workers.submit(function, *arguments))
            if len(waiting) >= AHEAD * workers.threads:
                yield _ended(workers, waiting.popleft())
        while waiting:
            yield _ended(workers, waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()


def as_they_end(
    workers: Workers, function: Callable[..., T], calls: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[int, Future[T]]]:
    """(place in ``calls``, its future) as they end."""
    places = {workers.submit(function, *arguments): n for n, arguments in enumerate(calls)}
    waiting = set(places)
    try:
        while waiting:
            done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_COMPLETED)
            if not done:
                workers.require_alive()
            for future in sorted(done, key=places.__getitem__):
                yield places[future], future
    finally:
        for future in waiting:
            future.cancel()


def _ended(workers: Workers, future: Future[T]) -> T:
    while not wait([future], timeout=LOOK).done:
        workers.require_alive()
    return future.result()
