"""Limits of one mutant: processor seconds of a stage, bytes of the process."""

from __future__ import annotations

import resource
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_SECONDS = 5.0
MOST_BYTES = 2 * 2**30
STOP_SECONDS = 15.0
"""Where a stage is stopped: late enough to say how long it took."""


class TooLongError(BaseException):
    """A stage took longer than it may; no ``except Exception`` on the way swallows it."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Stop the block after STOP_SECONDS of processor time."""

    def stop(_number: int, _frame: object) -> None:
        raise TooLongError(f"over {STOP_SECONDS:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, STOP_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def without_memory_limit() -> Iterator[None]:
    """A process begun here may reserve what it likes, as the sanitizers do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def limit_process() -> None:
    """No more than 2 GB beyond what the process has now; a warning is an error."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")
