"""The result of `mendlite certify`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique


@unique
class ProofVerdict(Enum):
    """Whether a property holds for every input of a box."""

    PROVED = "proved"
    REFUTED = "refuted"
    """One input breaks it; it was replayed on the kernels."""
    UNDECIDED = "undecided"
    """The time limit: the bound shows how far the proof came."""


@unique
class Method(Enum):
    """What decided a property, or came last."""

    REACHABILITY = "reachability"
    SEARCH = "search"
    SPLITTING = "splitting"
    """Parts of the box, the smallest of them input by input."""
    BRANCHING = "branching"
    """Reachability on the sides of unstable clamps, one after the other."""
    MILP = "milp"
    SMT = "smt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterExample:
    """An input that breaks the property, as the kernels computed it.

    ``input`` holds the stored integers of the quantized input, flat; ``first`` and ``second`` the
    real outputs of both networks, ``first_class`` and ``second_class`` their choices.
    """

    input: tuple[int, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    first_class: int
    second_class: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputBound:
    """Second less first network's output, over the whole box: within ``lower`` and ``upper``."""

    output: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One property over one box.

    ``questions`` counts what had to be ruled out, ``open_questions`` what was not. ``seconds`` are
    those of the wall; ``reach_seconds`` those of reachability alone.
    """

    property: str
    first: str
    second: str
    kernels: str
    region: str
    verdict: ProofVerdict
    means: Method
    questions: int
    open_questions: tuple[str, ...]
    bounds: tuple[OutputBound, ...]
    counter_example: CounterExample | None
    seconds: float
    reach_seconds: float
    notes: tuple[str, ...] = ()
