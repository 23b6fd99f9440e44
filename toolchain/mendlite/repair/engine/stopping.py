"""When no further step is begun: after Ctrl-C, or after the time limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from mendlite.model.interruption import Interruption

T = TypeVar("T")


@dataclass(slots=True)
class Stopping:
    """One repair's end of steps: ``by`` is what ended them early, empty while nothing did.

    ``begun`` is when the repair began, for the time limit; ``tried`` counts steps that ended.
    """

    interruption: Interruption = field(default_factory=Interruption)
    begun: float = field(default_factory=monotonic)
    by: str = ""
    tried: int = 0

    def elapsed(self) -> float:
        """Seconds since the repair began."""
        return monotonic() - self.begun

    def share(self, limit: float | None) -> float:
        """The share of ``limit`` seconds that has passed; 0 without a limit."""
        return 0.0 if limit is None else self.elapsed() / limit

    def after(self, limit: float | None) -> bool:
        """Whether no further step is begun; ``limit`` in seconds, None: no limit."""
        if self.interruption.requested:
            self.by = "Ctrl-C"
        elif limit is not None and self.elapsed() > limit:
            self.by = f"the time limit of {limit:g} s"
        return bool(self.by)

    def unless_stopped(self, compute: Callable[[], T]) -> T | None:
        """What ``compute`` returns; None where the first Ctrl-C ended it.

        A second one passes, and so does one that nobody counts.
        """
        try:
            with self.interruption.step():
                return compute()
        except KeyboardInterrupt:
            if not self.interruption.keeps:
                raise
            self.by = "Ctrl-C"
            return None
