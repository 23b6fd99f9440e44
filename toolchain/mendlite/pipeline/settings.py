"""What a repair may be told, from the target's defaults and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.spectra import Metric

STRATEGIES = ("auto", "least-squares", "bias", "qnnrepair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one repair.

    ``layers`` are names, positions, "all" or "dense"; None leaves the choice to the strategy.
    ``neurons`` is the paper's N; ``max_delta`` bounds |delta| (None: the strategy's default);
    ``scales`` says whether scales and zero-points may be edited; ``max_rows`` caps a neuron's
    constraints; ``solver_seconds`` is each neuron's limit.
    """

    strategy: str
    layers: tuple[str, ...] | None
    metric: Metric
    neurons: int
    keep_passing: bool
    max_delta: int | None
    ridge: float | None
    max_rows: int
    solver_seconds: float
    scales: bool


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
