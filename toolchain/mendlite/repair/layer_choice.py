"""The layers that a repair may edit, from the words of the option ``layers``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.tflite.layers import BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChoice:
    """Numbers of the layers that may be edited, and a note for each chosen one that may not.

    Layers with a scale for each block have a move of their own: they are neither.
    """

    layers: tuple[int, ...]
    notes: tuple[str, ...]


def _matches(model: Model, word: str) -> list[int]:
    if word == "all":
        return [layer.number for layer in model.layers]
    if word == "dense":
        return [layer.number for layer in model.layers if layer.op == "FULLY_CONNECTED"]
    return [layer.number for layer in model.layers if word in (layer.name, str(layer.number))]


def chosen_layers(model: Model, words: Sequence[str] | None) -> tuple[int, ...]:
    """Numbers of the layers that ``words`` name (None: of all), rising.

    Raises BadInputError for a word that names no layer.
    """
    chosen: set[int] = set()
    for word in ("all",) if words is None else words:
        matches = _matches(model, word)
        if not matches and word != "dense":
            names = ", ".join(f"{layer.number} {layer.name}" for layer in model.layers)
            raise BadInputError(f"no layer is called '{word}'; there are: {names}")
        chosen.update(matches)
    return tuple(sorted(chosen))


def editable_layers(model: Model, words: Sequence[str] | None) -> LayerChoice:
    """The chosen layers that may be edited, and why the others may not."""
    numbers = chosen_layers(model, words)
    layers = [layer for layer in model.layers if layer.number in numbers]
    notes = [
        f"layer {layer.number} '{layer.name}' was left alone: {layer.frozen}"
        for layer in layers
        if layer.frozen not in (None, BLOCKS)
    ]
    editable = tuple(layer.number for layer in layers if layer.frozen is None)
    return LayerChoice(layers=editable, notes=tuple(notes))
