"""Which operators of a model an interpreter runs, in words for reports."""

from __future__ import annotations

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile
from mendlite.replay.reference.execute import prepare

TERM = "operators run by the interpreter"
"""What reports call them (docs/GLOSSARY.md)."""

MOST_NAMED = 8
"""Operators of one kind that are named by their number."""


def interpreted_words(model: Model, profile: KernelProfile) -> str:
    """``LEAKY_RELU 1, 4 (tflite-micro 0.1); TILE 7 (...)``; empty where our kernels run all.

    Empty, too, where nothing runs the model.
    """
    numbers: dict[tuple[str, str], list[int]] = {}
    try:
        program = prepare(model, profile)
        for index in program.prepared.interpreted:
            runtime = program.interpreted(index).runtime.kernels
            numbers.setdefault((model.operators[index].op, runtime), []).append(index)
    except (MalformedModelError, UnsupportedModelError):
        return ""
    return "; ".join(f"{op} {_numbers(every)} ({name})" for (op, name), every in numbers.items())


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:MOST_NAMED]))
    more = len(numbers) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
