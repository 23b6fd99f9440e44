"""Progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress callback: a bar on a terminal's stderr, nothing elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        shown_now = ""

        def update(what: str, done: int, total: int) -> None:
            nonlocal shown_now
            if what != shown_now:
                # Each work has a clock of its own, or its estimate would be another's.
                bars.reset(task, description=what)
                shown_now = what
            bars.update(task, completed=done, total=total)

        yield update
