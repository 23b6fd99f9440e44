"""The strategies as sequences of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.pipeline.calibration import propose_calibration
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
from mendlite.pipeline.requantization import propose_requantization
from mendlite.pipeline.scales import propose_scales
from mendlite.pipeline.settings import Settings, chosen_layers
from mendlite.pipeline.steps import Progression, Proposal, begin, take
from mendlite.repair.least_squares import LeastSquaresOptions
from mendlite.repair.verdict import Match
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
    plan = _Plan(base=case, settings=settings, layers=chosen, judge=judge)
    return _RUN[settings.strategy](plan, replace(start, notes=tuple(notes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What the steps of a strategy share; ``layers`` are the positions that may be edited."""

    base: Case
    settings: Settings
    layers: tuple[int, ...]
    judge: Judge

    @property
    def squares(self) -> Move:
        """Least squares with the settings' bounds."""
        options = LeastSquaresOptions.for_samples(self.base.sets.repair.count)
        if self.settings.max_delta is not None:
            options = replace(options, delta_limit=self.settings.max_delta)
        if self.settings.ridge is not None:
            options = replace(options, ridge=self.settings.ridge)
        return least_squares_move(options)


def _paper(settings: Settings, case: Case, model: Model) -> Proposal:
    return propose_qnnrepair(case, settings, model)


def _bias(plan: _Plan, progression: Progression) -> Progression:
    propose = partial(_layerwise, plan.layers, bias_move, "bias")
    return take(progression, plan.judge, "bias", propose)


def _squares(plan: _Plan, progression: Progression) -> Progression:
    propose = partial(_layerwise, plan.layers, plan.squares, "least-squares")
    return take(progression, plan.judge, "least-squares", propose)


def _least_squares(plan: _Plan, progression: Progression) -> Progression:
    """Least squares alone, then against it on rescaled channels."""
    progression = _requantized(plan, progression)
    progression = _squares(plan, progression)
    return _rebalance(plan, progression)


def _rebalance(plan: _Plan, progression: Progression) -> Progression:
    name = "rebalance + least-squares"
    return take(progression, plan.judge, name, partial(_rebalanced, plan))


def _requantized(plan: _Plan, progression: Progression) -> Progression:
    """The float model quantized anew where the file's weights are not its own."""
    pairing = plan.base.pairing
    if pairing is None or not pairing.of(Match.RESCALED, Match.OTHER):
        return progression
    return take(progression, plan.judge, "requantize", partial(_requantize, plan))


def _requantize(plan: _Plan, case: Case, model: Model) -> Proposal:
    scales = plan.settings.scales and plan.settings.layers is None
    return propose_requantization(case, plan.layers, model, scales=scales)


def _calibrate(plan: _Plan, progression: Progression) -> Progression:
    return take(progression, plan.judge, "calibrate", propose_calibration)


def _scales(plan: _Plan, progression: Progression) -> Progression:
    return take(progression, plan.judge, "scales", propose_scales)


ROUNDS = 2
"""Turns of ranges and weights; later ones only fit the repair samples."""


def _auto(plan: _Plan, progression: Progression) -> Progression:
    """Weights first, then ranges and weights in turns while the selection samples gain.

    Ranges lie between layers: they stay where only some layers may be edited.
    """
    progression = _least_squares(plan, progression)
    if not (plan.settings.scales and plan.settings.layers is None):
        return progression
    progression = _calibrate(plan, progression)
    for _ in range(ROUNDS):
        before = progression.model.sha256
        progression = _scales(plan, progression)
        progression = _squares(plan, progression)
        if progression.model.sha256 == before:
            break
        progression = _rebalance(plan, progression)
    return progression


_RUN: dict[str, Callable[[_Plan, Progression], Progression]] = {
    "auto": _auto,
    "least-squares": _least_squares,
    "bias": _bias,
}


def _rebalanced(plan: _Plan, case: Case, model: Model) -> Proposal:
    """Least squares anew on the file with its channels rescaled.

    Rescaling alone may look worse until the weights have been solved for it, so the two are
    judged together, against what least squares alone reached.
    """
    rescaled = propose_rebalance(case, plan.layers, model, scales=plan.settings.scales)
    if rescaled.case is None:
        return Proposal(model=model, notes=rescaled.notes)
    moved = layerwise(rescaled.case, rescaled.model, plan.layers, plan.squares, "least-squares")
    return Proposal(model=moved, case=rescaled.case, notes=rescaled.notes)


def _layerwise(
    layers: tuple[int, ...], move: Move, name: str, case: Case, model: Model
) -> Proposal:
    return Proposal(model=layerwise(case, model, layers, move, name))
