"""The strategies as sequences of steps."""

from __future__ import annotations

from collections.abc import Callable
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
from mendlite.pipeline.rebalance import propose_rebalance
from mendlite.pipeline.settings import Settings, chosen_layers
from mendlite.pipeline.steps import Progression, Proposal, begin, take
from mendlite.repair.least_squares import LeastSquaresOptions
from mendlite.tflite.support import require_own_weights


def run(case: Case, settings: Settings, judge: Judge) -> Progression:
    """Run the strategy that ``settings`` name. ``judge`` scores the selection samples."""
    start = begin(case, judge)
    if settings.strategy == "qnnrepair":
        return take(start, judge, "qnnrepair", partial(_paper, settings))
    positions = chosen_layers(case.quantized, settings.layers or ("all",))
    layers, notes = repairable(case.quantized, positions)
    if not layers:
        raise BadInputError(f"none of the chosen layers may be edited: {'; '.join(notes)}")
    require_own_weights(case.quantized, layers)
    chosen = tuple(layer.position for layer in layers)
    progression = replace(start, notes=tuple(notes))
    for name, propose in _steps(case, settings, chosen):
        progression = take(progression, judge, name, propose)
    return progression


def _paper(settings: Settings, case: Case, model: Model) -> Proposal:
    return propose_qnnrepair(case, settings, model)


def _steps(
    case: Case, settings: Settings, layers: tuple[int, ...]
) -> list[tuple[str, Callable[[Case, Model], Proposal]]]:
    """Names and proposals of the strategy's steps, in order."""
    if settings.strategy == "bias":
        return [("bias", partial(_layerwise, layers, bias_move, "bias"))]
    options = LeastSquaresOptions.for_samples(case.sets.repair.count)
    if settings.max_delta is not None:
        options = replace(options, delta_limit=settings.max_delta)
    if settings.ridge is not None:
        options = replace(options, ridge=settings.ridge)
    move = least_squares_move(options)
    return [
        ("least-squares", partial(_layerwise, layers, move, "least-squares")),
        ("rebalance + least-squares", partial(_rebalanced, case, layers, move)),
    ]


def _rebalanced(
    base: Case, layers: tuple[int, ...], move: Move, _case: Case, _model: Model
) -> Proposal:
    """Least squares anew on the base file with its channels rescaled.

    Rescaling alone may look worse until the weights have been solved for it, so the two are
    judged together, against what least squares alone reached.
    """
    rescaled = propose_rebalance(base, layers, base.quantized)
    if rescaled.case is None:
        return Proposal(model=_model, notes=rescaled.notes)
    moved = layerwise(rescaled.case, rescaled.model, layers, move, "least-squares")
    return Proposal(model=moved.model, notes=rescaled.notes)


def _layerwise(
    layers: tuple[int, ...], move: Move, name: str, case: Case, model: Model
) -> Proposal:
    return Proposal(model=layerwise(case, model, layers, move, name).model)
