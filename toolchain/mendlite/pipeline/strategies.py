"""The strategies as sequences of steps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.pipeline.case import Case, Judge
from mendlite.pipeline.layerwise import (
    Move,
    bias_move,
    layerwise,
    least_squares_move,
    repairable,
)
from mendlite.pipeline.paper import propose_qnnrepair
from mendlite.pipeline.settings import Settings, chosen_layers
from mendlite.pipeline.steps import Progression, Proposal, begin, take
from mendlite.repair.least_squares import LeastSquaresOptions


def run(case: Case, settings: Settings, judge: Judge) -> Progression:
    """Run the strategy that ``settings`` name. ``judge`` scores the selection samples."""
    start = begin(judge, case.quantized)
    if settings.strategy == "qnnrepair":
        return take(start, judge, "qnnrepair", partial(propose_qnnrepair, case, settings))
    positions = chosen_layers(case.quantized, settings.layers or ("all",))
    layers, notes = repairable(case.quantized, positions)
    if not layers:
        raise BadInputError(f"none of the chosen layers may be edited: {'; '.join(notes)}")
    chosen = tuple(layer.position for layer in layers)
    progression = replace(start, notes=tuple(notes))
    for name, move in _moves(case, settings):
        propose = partial(_propose, case, chosen, move, name)
        progression = take(progression, judge, name, propose)
    return progression


def _moves(case: Case, settings: Settings) -> list[tuple[str, Move]]:
    if settings.strategy == "bias":
        return [("bias", bias_move)]
    options = LeastSquaresOptions.for_samples(case.sets.repair.count)
    if settings.max_delta is not None:
        options = replace(options, delta_limit=settings.max_delta)
    if settings.ridge is not None:
        options = replace(options, ridge=settings.ridge)
    return [("least-squares", least_squares_move(options))]


def _propose(
    case: Case, layers: tuple[int, ...], move: Move, name: str, model: Model
) -> Proposal:
    moved = layerwise(case, model, layers, move, name)
    return Proposal(model=moved.model)
