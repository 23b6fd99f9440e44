"""Ctrl-C during a repair goes to its ``Interruption``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mendlite.model.interruption import Interruption


@contextmanager
def interruptible(heard: Callable[[], None]) -> Iterator[Interruption]:
    """What SIGINT goes to inside; ``heard`` is called for one that ends no more than a step.

    A process that ignores SIGINT goes on ignoring it.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield interruption
        return

    def take(_number: int, _frame: object) -> None:
        if interruption.armed:
            heard()
        interruption.interrupt()

    signal.signal(signal.SIGINT, take)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
