"""Progress while a command works: one line on a terminal, plain lines elsewhere and in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event, RLock, Thread
from time import monotonic
from typing import TextIO

from mendlite.model.progress import RepairEvent
from mendlite.report.at_work import AtWork
from mendlite.report.screen import console_of, encodable, width_of

EVERY = 30.0
"""Seconds after which a line states what is being done."""

TICK = 0.5
"""Seconds between two looks at the clock."""

Line = Callable[[str], None]


class Display:
    """A progress callback that also watches a repair; ``lines`` get plain lines.

    A line a step, and one after EVERY seconds without another, by ``clock``.
    """

    def __init__(self, lines: Sequence[Line], clock: Callable[[], float] = monotonic) -> None:
        """Nothing was shown."""
        self.at_work = AtWork(clock)
        self.remarks = tuple(lines)
        self._lines, self._clock, self._last = tuple(lines), clock, clock()
        self._lock = RLock()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take a call of a progress callback."""
        self.at_work.progress(what, done, total)
        self.tick()

    def watch(self, event: RepairEvent) -> None:
        """Take an event of a repair."""
        self.say(self.at_work.take(event))

    def interrupted(self) -> None:
        """Ctrl-C was pressed: the line shows it from now on."""
        self.at_work.stopping = True

    def remark(self, text: str) -> None:
        """Print a line that stays: on a terminal above the line of the work."""
        with self._lock:
            for line in self.remarks:
                line(text)

    def tick(self) -> None:
        """Print what is being done where nothing was printed for EVERY seconds."""
        with self._lock:
            if self._clock() - self._last >= EVERY:
                self.say(self.at_work.heartbeat())

    def say(self, text: str) -> None:
        """Print a line, unless it is empty."""
        with self._lock:
            if text:
                self._last = self._clock()
                for line in self._lines:
                    line(text)


@contextmanager
def progress(*, shown: bool, log: Line | None = None) -> Iterator[Display]:
    """What shows progress on stderr: one line on a terminal, plain lines elsewhere.

    Nothing is shown where not ``shown``; ``log`` gets the plain lines in any case.
    """
    stream = sys.stderr
    live = shown and stream.isatty()
    plain = [lambda text: _print(text, stream)] if shown and not live else []
    logged = [] if log is None else [log]
    display = Display([*plain, *logged])
    with ExitStack() as running:
        if live:
            above = running.enter_context(_one_line(display, stream))
            display.remarks = (above, *logged)
        if shown or log is not None:
            running.enter_context(_ticking(display))
        yield display


def _print(text: str, stream: TextIO) -> None:
    stream.write(f"{encodable(text, stream)}\n")
    stream.flush()


@contextmanager
def _one_line(display: Display, stream: TextIO) -> Iterator[Line]:
    """The line of the work, drawn again and again, and gone at the end; what prints above it."""
    from rich.live import Live
    from rich.text import Text

    def line() -> Text:
        width = width_of(stream) - 1
        return Text(encodable(display.at_work.line(width), stream), no_wrap=True, style="cyan")

    # Standard output may be a file while this is a terminal: it is left alone.
    with Live(
        get_renderable=line, console=console_of(stream), transient=True, refresh_per_second=4,
        redirect_stdout=False, redirect_stderr=False,
    ) as live:  # fmt: skip
        yield lambda text: live.console.print(Text(encodable(text, stream)))


@contextmanager
def _ticking(display: Display) -> Iterator[None]:
    """A thread that looks at the clock: a long computation reports nothing by itself."""
    ended = Event()

    def run() -> None:
        while not ended.wait(TICK):
            display.tick()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
