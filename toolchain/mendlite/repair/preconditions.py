"""What can be said of a repair's settings before a single sample is replayed."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.errors import BadInputError
from mendlite.model.graph import Layer
from mendlite.repair.moves.layer_by_layer import repairable
from mendlite.repair.moves.qnnrepair import paper_pairs
from mendlite.repair.moves.smt_last_layer import require_smt
from mendlite.repair.settings import SOLVES, Settings, chosen_layers
from mendlite.repair.strategies.budgeted import FAMILIES
from mendlite.tflite.support import require_own_weights

NEEDS_NO_FLOAT = ("auto", "margins", "reconstruct", "smt")
"""Strategies that need no more than answers."""

LOCALIZED = ("auto", "least-squares", "bias")
"""Strategies that can be kept to single neurons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The layers that a repair may edit, and a note for each of the others."""

    layers: tuple[Layer, ...]
    notes: tuple[str, ...]


def require_settings(case: Case, settings: Settings) -> Chosen:
    """The layers that ``settings`` choose.

    Raises BadInputError where the settings contradict each other or the case.
    """
    positions = chosen_layers(case.quantized, settings.layers or ("all",))
    layers, notes = repairable(case.quantized, positions)
    _require_teacher(case, settings)
    _require_budget(settings)
    _require_neurons(case, settings)
    if settings.strategy in SOLVES:
        paper_pairs(case, settings, case.quantized)
    elif settings.strategy == "smt":
        require_smt(case, settings)
    elif not layers:
        raise BadInputError(f"none of the chosen layers may be edited: {'; '.join(notes)}")
    else:
        require_own_weights(case.quantized, layers)
    return Chosen(layers=tuple(layers), notes=tuple(notes))


def _require_teacher(case: Case, settings: Settings) -> None:
    if case.float_model is None and settings.strategy not in NEEDS_NO_FLOAT:
        raise BadInputError(
            f"strategy {settings.strategy} needs the float model; without it there are "
            f"{', '.join(NEEDS_NO_FLOAT)}"
        )


def _require_budget(settings: Settings) -> None:
    if not settings.room.limited:
        return
    if settings.strategy not in FAMILIES:
        raise BadInputError(
            f"strategy {settings.strategy} takes no budget of bytes or values; these do: "
            f"{', '.join(FAMILIES)}"
        )
    if settings.neurons is not None:
        raise BadInputError("--neurons and a budget of bytes or values cannot be combined")


def _require_neurons(case: Case, settings: Settings) -> None:
    if settings.neurons is None or settings.strategy in (*SOLVES, "smt"):
        return
    if settings.strategy not in LOCALIZED or case.float_model is None:
        raise BadInputError(
            f"--neurons goes with a float model and {', '.join(LOCALIZED)} or qnnrepair"
        )
