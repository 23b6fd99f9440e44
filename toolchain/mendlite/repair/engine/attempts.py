"""The single steps that strategies are made of, each judged on the selection samples."""

from __future__ import annotations

from functools import partial

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.pairing.verdict import Match
from mendlite.repair.engine.accept import Progression, Proposal
from mendlite.repair.engine.context import Plan
from mendlite.repair.layers.candidate_search import BOLD, CLEAR
from mendlite.repair.moves.activation_ranges import propose_scales
from mendlite.repair.moves.bias_search import propose_reconstruction
from mendlite.repair.moves.calibrate import JUDGED, best_calibration
from mendlite.repair.moves.equalize import propose_rebalance
from mendlite.repair.moves.last_layer_margins import propose_margins
from mendlite.repair.moves.layer_by_layer import (
    BIAS,
    GPFQ,
    Channels,
    Move,
    adaround_move,
    layerwise,
)
from mendlite.repair.moves.requantize import propose_requantization
from mendlite.repair.moves.squant import propose_squant


def take_layered(
    plan: Plan, progression: Progression, move: Move, channels: Channels | None = None
) -> Progression:
    """One move on all layers."""

    def propose(case: Case, model: Model) -> Proposal:
        if channels is None:
            return Proposal(model=plan.layered(case, model, move).model)
        return Proposal(model=layerwise(case, model, plan.layers, move, channels).model)

    return plan.take(progression, move.name, propose)


def take_bias(plan: Plan, progression: Progression) -> Progression:
    """Bias correction of all layers."""
    return take_layered(plan, progression, BIAS)


def take_gpfq(plan: Plan, progression: Progression) -> Progression:
    """Greedy path following on all layers."""
    return take_layered(plan, progression, GPFQ)


def take_adaround(plan: Plan, progression: Progression) -> Progression:
    """Learned rounding on all layers."""
    return take_layered(plan, progression, adaround_move(plan.base.seed))


def take_squant(plan: Plan, progression: Progression) -> Progression:
    """Data-free rounding of all layers."""

    def propose(case: Case, model: Model) -> Proposal:
        return propose_squant(case, plan.layers, model)

    return plan.take(progression, "squant", propose)


def take_squares(plan: Plan, progression: Progression) -> Progression:
    """Least squares on all layers."""
    return take_layered(plan, progression, plan.squares)


def take_requantized(plan: Plan, progression: Progression) -> Progression:
    """The float model quantized anew where the file's weights are not its own."""
    pairing = plan.base.pairing
    if pairing is None or not pairing.of(Match.RESCALED, Match.OTHER):
        return progression

    def propose(case: Case, model: Model) -> Proposal:
        calibration = plan.calibration(case, model) if plan.ranges else None
        return propose_requantization(case, plan.layers, model, calibration)

    return plan.take(progression, "requantize", propose)


def take_rebalance(plan: Plan, progression: Progression) -> Progression:
    """Least squares anew on the file with its channels rescaled.

    Rescaling alone may look worse until the weights have been solved for it, so the two are
    judged together, against what least squares alone reached.
    """

    def propose(case: Case, model: Model) -> Proposal:
        rescaled = propose_rebalance(case, plan.layers, model, scales=plan.settings.scales)
        if rescaled.case is None:
            return Proposal(model=model, notes=rescaled.notes)
        moved = layerwise(rescaled.case, rescaled.model, plan.layers, plan.squares)
        return Proposal(model=moved.model, case=rescaled.case, notes=rescaled.notes)

    return plan.take(progression, "rebalance + least-squares", propose)


def _as_it_is(candidate: Proposal, _case: Case, _model: Model) -> Proposal:
    return candidate


def take_calibrate(plan: Plan, progression: Progression) -> Progression:
    """The rule of calibration that the repair samples like best.

    Where they are few, they cannot tell rules apart: each is a step, and the selection judges.
    """

    def propose_best(case: Case, model: Model) -> Proposal:
        return best_calibration(case, model, plan.calibration(case, model))

    if plan.base.sets.repair.count >= JUDGED:
        return plan.take(progression, "calibrate", propose_best)
    start = progression.model
    calibration = plan.calibration(progression.case, start)
    for name in calibration.ranges:
        candidate = Proposal(model=calibration.apply(start, name))
        propose = partial(_as_it_is, candidate)
        progression = plan.take(progression, f"calibrate, {name}", propose)
    return progression


def take_scales(plan: Plan, progression: Progression) -> Progression:
    """The search of ranges; a bolder one where it takes nothing and another takes seconds."""

    def propose(clear: float, case: Case, model: Model) -> Proposal:
        return propose_scales(case, model, plan.calibration(case, model), clear=clear)

    found = plan.take(progression, "scales", partial(propose, CLEAR))
    if found.model is not progression.model or not plan.small:
        return found
    return plan.take(found, "scales, bolder", partial(propose, BOLD))


def take_margins(plan: Plan, progression: Progression) -> Progression:
    """Single weights of the last layer."""
    return plan.take(progression, "margins", propose_margins)


def take_reconstruct(plan: Plan, progression: Progression) -> Progression:
    """Single biases, for the whole network's answers."""

    def propose(case: Case, model: Model) -> Proposal:
        return propose_reconstruction(case, plan.layers, model)

    return plan.take(progression, "reconstruct", propose)


def take_least_squares(plan: Plan, progression: Progression) -> Progression:
    """Least squares on the float model's own weights."""
    return take_weights(plan, take_requantized(plan, progression))


def take_weights(plan: Plan, progression: Progression) -> Progression:
    """Least squares alone, then against it on rescaled channels."""
    return take_rebalance(plan, take_squares(plan, progression))
