"""What ends a repair's steps early: Ctrl-C, whose first one keeps what was accepted, and time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class TimeIsUpError(Exception):
    """The time limit is reached: it ends a repair's step, or a proof's computation, at work.

    Only the repair's engine, and where the computation began, catch it.
    """


class Interruption:
    """Counts interrupts; whoever handles the signal calls ``interrupt``.

    Until ``arm`` there is nothing to keep, and every interrupt ends the work at once. From then on
    the first one only ends the step that is at work, and the second one ends everything.
    """

    def __init__(self) -> None:
        """Not interrupted."""
        self.armed = self._at_work = False
        self._count = 0

    @property
    def requested(self) -> bool:
        """Whether no further step is to be begun."""
        return self._count > 0

    @property
    def keeps(self) -> bool:
        """Whether a KeyboardInterrupt ends a step only: exactly one interrupt came."""
        return self._count == 1

    def arm(self) -> None:
        """Steps begin: from now on there is something to keep."""
        self.armed = True

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step is at work inside: an interrupt raises KeyboardInterrupt there."""
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False

    def interrupt(self) -> None:
        """Take one interrupt.

        Raises KeyboardInterrupt where a step is at work, before the steps, and the second time.
        """
        if self.armed:
            self._count += 1
        if not self.armed or self._at_work or self._count > 1:
            raise KeyboardInterrupt
