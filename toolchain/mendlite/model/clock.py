"""The time that a command has taken, and the time that it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from mendlite.model.interruption import TimeIsUpError

Over = Callable[[], bool]
"""Whether the time is over: what computes returns the best that it has."""


def never() -> bool:
    """An ``Over`` without a limit."""
    return False


@dataclass(slots=True)
class Clock:
    """Begins when it is made. ``read`` gives the present time in seconds from any origin."""

    read: Callable[[], float] = monotonic
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self.begun = self.read()

    def elapsed(self) -> float:
        """Seconds since it began."""
        return self.read() - self.begun


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """``seconds`` from when ``clock`` began."""

    seconds: float
    clock: Clock

    @staticmethod
    def of(seconds: float) -> TimeLimit:
        """So many seconds from now."""
        return TimeLimit(seconds=seconds, clock=Clock())

    def left(self) -> float:
        """Seconds that are left; negative where more were spent."""
        return self.seconds - self.clock.elapsed()

    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left() <= 0

    def require(self) -> None:
        """Raise TimeIsUpError where nothing is left."""
        if self.over():
            raise TimeIsUpError

    def part(self, share: float) -> TimeLimit:
        """A limit for this share, 0 ... 1, of what is left."""
        return self.at_most(inf, share)

    def at_most(self, seconds: float, share: float) -> TimeLimit:
        """As ``part``, and no longer than ``seconds``."""
        elapsed = self.clock.elapsed()
        left = share * max(self.seconds - elapsed, 0.0)
        return TimeLimit(seconds=elapsed + min(seconds, left), clock=self.clock)


def unlimited() -> TimeLimit:
    """A limit that is never reached."""
    return TimeLimit.of(inf)
