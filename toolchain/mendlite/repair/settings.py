"""What a repair may be told, from the target's defaults and the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mendlite.algorithms.qnnrepair import Passing
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.problem import RepairProblem
from mendlite.model.spectra import Metric
from mendlite.solvers.base import Limits
from mendlite.solvers.ledger import Ledger
from mendlite.solvers.pool import SolverPool

STRATEGIES = (
    "auto", "least-squares", "bias", "margins", "reconstruct", "qnnrepair", "search", "smt",
    "squant", "gpfq", "adaround",
)  # fmt: skip


def require_strategy(name: str) -> str:
    """The name of a strategy; raises BadInputError for another word."""
    if name not in STRATEGIES:
        raise BadInputError(f"no strategy is called '{name}'; there are: {', '.join(STRATEGIES)}")
    return name


SOLVES = ("qnnrepair", "search")
"""Strategies whose neurons' problems go to a backend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What may still change; None: as much as there is."""

    bytes: int | None = None
    edits: int | None = None

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.bytes is not None or self.edits is not None

    def holds(self, count_bytes: int, count_edits: int) -> bool:
        """Whether so many bytes and values fit."""
        return (self.bytes is None or count_bytes <= self.bytes) and (
            self.edits is None or count_edits <= self.edits
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solving:
    """How neurons' problems are solved.

    ``backend`` by name; ``seconds`` of CPU is each neuron's limit; ``dask`` the address of a
    scheduler; ``ledger`` keeps answers as they arrive; ``asked`` is shown every problem.
    """

    backend: str
    seconds: float
    dask: str | None = None
    ledger: Ledger | None = None
    asked: Callable[[RepairProblem], None] | None = None

    def pool(self, jobs: int) -> SolverPool:
        """The workers that solve, ``jobs`` of them where they are here."""
        return SolverPool(
            backend=self.backend,
            limits=Limits(seconds=self.seconds),
            jobs=jobs,
            dask=self.dask,
            ledger=self.ledger,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one repair.

    ``layers`` are names, positions, "all" or "dense"; None leaves the choice to the strategy.
    ``neurons`` is the paper's N; None edits all (qnnrepair: its default). ``room`` bounds the
    patch; ``time_limit`` in seconds ends the search for further steps; ``max_delta`` bounds
    |delta| (None: the strategy's default); ``scales`` says whether scales and zero-points may be
    edited. ``passing`` says what the rows of passing tests are to a neuron's problem, and
    ``passing_tests`` how many of them are drawn (None: all); ``max_rows`` caps its rows.
    ``epsilon`` (smt) bounds |int8 - float| of each output, in its real unit; ``ranges`` (smt) lets
    the output's range change. ``keep_worse`` has a repaired file that is worse than the one as it
    came written all the same.
    """

    strategy: str
    layers: tuple[str, ...] | None
    metric: Metric
    neurons: int | None
    passing: Passing
    passing_tests: int | None
    max_delta: int | None
    ridge: float | None
    max_rows: int
    solving: Solving
    scales: bool
    room: Room
    time_limit: float | None
    epsilon: float | None = None
    ranges: bool = False
    keep_worse: bool = False


def _matches(model: Model, word: str) -> list[int]:
    if word == "all":
        return [layer.position for layer in model.layers]
    if word == "dense":
        return [layer.position for layer in model.layers if layer.op == "FULLY_CONNECTED"]
    return [layer.position for layer in model.layers if word in (layer.name, str(layer.position))]


def chosen_layers(model: Model, words: Sequence[str]) -> tuple[int, ...]:
    """Positions of the layers that ``words`` name, rising.

    Raises BadInputError for a word that names no layer.
    """
    chosen: set[int] = set()
    for word in words:
        found = _matches(model, word)
        if not found and word != "dense":
            names = ", ".join(f"{layer.position} {layer.name}" for layer in model.layers)
            raise BadInputError(f"no layer is called '{word}'; there are: {names}")
        chosen.update(found)
    return tuple(sorted(chosen))
