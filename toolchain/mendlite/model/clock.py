"""The time that a repair has taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic


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
