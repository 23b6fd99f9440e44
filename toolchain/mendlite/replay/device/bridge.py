"""A pseudo terminal before a board's line, for programs that want to open a serial port."""

from __future__ import annotations

import os
import select
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mendlite.replay.device.transport import CHUNK, Transport

TURN = 0.5
"""Seconds after which the caller's condition is tested again if nothing arrives."""


@contextmanager
def pseudo_terminal() -> Iterator[tuple[int, str]]:
    """Our end of a new pseudo terminal in raw mode, and the path of the other."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        # Theirs stays open: else every program that closes it would end ours, too.
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def bridge(line: Transport, ours: int, running: Callable[[], bool] = lambda: True) -> None:
    """Move bytes both ways while ``wanted()``; raises ClosedLineError where the line is gone."""
    while running():
        ready, _, _ = select.select([line.fileno(), ours], [], [], TURN)
        if ours in ready:
            line.write(os.read(ours, CHUNK))
        if line.fileno() in ready:
            os.write(ours, line.read(0))
