"""What is found of one file, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum, unique
from typing import Any


@unique
class Outcome(Enum):
    """How a file's replay ended beside one runtime."""

    EXACT = "exact"
    """Every integer tensor has the runtime's bytes; float ones are reported by their distance."""
    DIFFERS = "differs"
    """An integer tensor has other bytes."""
    ALONE = "the runtime refuses"
    """mendlite replays the file, the runtime does not run it."""
    REFUSED = "refused"
    """Neither runs it."""
    LACKING = "refused, the runtime runs it"
    """The runtime runs what mendlite refuses (opens it, where mendlite does not read the file)."""
    FAILED = "internal error"
    """An exception that is none of mendlite's, or the process died or took too long."""


WRONG = (Outcome.DIFFERS, Outcome.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One file beside one runtime.

    ``reason`` states why it is not EXACT. ``integers`` and ``floats`` count the compared tensors;
    ``distance`` is the largest distance of a float value, in parts of the tensor's largest.
    """

    runtime: str
    outcome: Outcome
    reason: str = ""
    integers: int = 0
    floats: int = 0
    distance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Samples a second of one operator: on mendlite's kernel and on the interpreter's."""

    op: str
    ours: float
    theirs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file.

    ``own`` are the operators that mendlite's kernels run, ``interpreted`` the others, each with the
    runtime that runs it. ``unread`` states why the file is not read.
    """

    name: str
    size: int
    unread: str = ""
    own: tuple[str, ...] = ()
    interpreted: Mapping[str, str]
    comparisons: tuple[Comparison, ...] = ()
    speeds: tuple[Speed, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a byte is wrong or an error of mendlite's own escaped."""
        return any(c.outcome in WRONG for c in self.comparisons)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        found = asdict(self)
        for row, comparison in zip(found["comparisons"], self.comparisons, strict=True):
            row["outcome"] = comparison.outcome.value
        return found


def from_json(found: Mapping[str, Any]) -> FileRecord:
    """The record that ``to_json`` wrote."""
    comparisons = tuple(
        Comparison(**{**row, "outcome": Outcome(row["outcome"])}) for row in found["comparisons"]
    )
    return FileRecord(
        name=found["name"],
        size=found["size"],
        unread=found["unread"],
        own=tuple(found["own"]),
        interpreted=dict(found["interpreted"]),
        comparisons=comparisons,
        speeds=tuple(Speed(**row) for row in found["speeds"]),
    )
