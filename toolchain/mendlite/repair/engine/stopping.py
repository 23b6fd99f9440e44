"""When steps end: after Ctrl-C, or at the time limit, which leaves room for what comes behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mendlite.model.clock import Clock
from mendlite.model.interruption import Interruption, TimeIsUpError

T = TypeVar("T")

LEAST = 0.3
"""Share of the time limit that steps have, however long validation and cross-check take."""

LONGER = 1.25
"""What is reserved for these, by what they took on fewer samples: the report is behind them."""

LEARNING = 0.95
"""Share of the steps' time at which a move that plans its course by the clock is to be ready."""


@dataclass(slots=True)
class Stopping:
    """One repair's end of steps: ``by`` is what ended them early, empty while nothing did.

    ``limit`` is the whole repair's in seconds of ``clock``, None: no limit; ``closing`` are the
    seconds of it that what follows the steps needs. ``tried`` counts steps that ended.
    """

    interruption: Interruption = field(default_factory=Interruption)
    clock: Clock = field(default_factory=Clock)
    limit: float | None = None
    closing: float = 0.0
    by: str = ""
    tried: int = 0
    _at_work: bool = False

    def elapsed(self) -> float:
        """Seconds since the repair began."""
        return self.clock.elapsed()

    def reserve(self, seconds: float) -> None:
        """Leave so many more seconds, as far as they are known, for what follows the steps."""
        self.closing += seconds * LONGER

    @property
    def end(self) -> float | None:
        """Seconds after which the steps end; None without a limit."""
        if self.limit is None:
            return None
        return max(self.limit - self.closing, self.limit * LEAST)

    def share(self) -> float:
        """The share of the steps' time that has passed; 0 without a limit."""
        return 0.0 if self.end is None else self.elapsed() / (self.end * LEARNING)

    @property
    def time_is_up(self) -> bool:
        """Whether the steps' time has passed."""
        return self.end is not None and self.elapsed() > self.end

    def check(self) -> None:
        """Raise TimeIsUpError where a step is at work and its time has passed."""
        if self._at_work and self.time_is_up:
            raise TimeIsUpError

    def after(self) -> bool:
        """Whether no further step is begun."""
        if self.interruption.requested:
            self.by = "Ctrl-C"
        elif not self.by and self.time_is_up:
            self.by = f"the time limit of {self.limit:g} s"
        return bool(self.by)

    def unless_stopped(self, compute: Callable[[], T]) -> T | None:
        """What ``compute`` returns; None where the first Ctrl-C or the time limit ended it.

        A second Ctrl-C passes, and so does one that nobody counts.
        """
        self._at_work = True
        try:
            with self.interruption.step():
                return compute()
        except TimeIsUpError:
            self.after()
            return None
        except KeyboardInterrupt:
            if not self.interruption.keeps:
                raise
            self.by = "Ctrl-C"
            return None
        finally:
            self._at_work = False
