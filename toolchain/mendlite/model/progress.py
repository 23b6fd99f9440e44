"""How a long computation reports its progress, and a repair its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendlite.model.report import SelectionScore, Step

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and of how many."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsBegin:
    """A strategy begins: ``most`` steps at most (None: not known), from the base file's score."""

    most: int | None
    best: SelectionScore
    loss_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegins:
    """One step begins; ``best`` is the score of the model that it begins from."""

    name: str
    best: SelectionScore


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnds:
    """One step ended; ``step`` is None where it changes nothing."""

    name: str
    step: Step | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsEnd:
    """No further step is tried: what was accepted is validated."""

    interrupted: bool


RepairEvent = StepsBegin | StepBegins | StepEnds | StepsEnd
Watch = Callable[[RepairEvent], None]
"""Called as a repair goes on."""


def unwatched(_event: RepairEvent) -> None:
    """Show nothing."""
