"""Strategies within a budget of bytes or values: what saves most loss a byte, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.repair.engine.accept import Progression, Proposal, steps_of_all
from mendlite.repair.engine.context import Plan
from mendlite.repair.engine.curve import propose_channels, remaining
from mendlite.repair.moves.activation_ranges import propose_scales
from mendlite.repair.moves.bias_search import propose_reconstruction
from mendlite.repair.moves.last_layer_margins import propose_margins
from mendlite.repair.moves.layer_by_layer import BIAS
from mendlite.repair.settings import Room
from mendlite.tflite.patch_size import spent

WORTH = 0.02
"""Share of the loss that a turn must save for another one to be worth its time."""

FAMILIES = {
    "auto": ("margins", "bias", "least-squares", "scales"),
    "least-squares": ("least-squares",),
    "bias": ("bias",),
    "margins": ("margins",),
    "reconstruct": ("reconstruct",),
}
"""What a budget is spent on, by strategy."""

NEED_FLOAT = ("bias", "least-squares")
"""Families that follow a float model layer by layer."""


def budgeted(plan: Plan, progression: Progression) -> Progression:
    """The family that saves most loss a byte, again and again, until none helps."""
    base = plan.base.quantized
    while True:
        room = remaining(plan.settings.room, base, progression.model)
        tried = [
            plan.take(progression, f"{family} in budget", partial(within, plan, family, room))
            for family in FAMILIES[plan.settings.strategy]
            if _possible(plan, family)
        ]
        taken = [found for found in tried if found.model is not progression.model]
        best = max(taken, key=lambda found: _rate(progression, found), default=None)
        before = progression.score.loss
        progression = _record(progression, tried, best)
        if best is None or best.score.loss > before * (1 - WORTH):
            return progression


def _possible(plan: Plan, family: str) -> bool:
    """Whether a family has what it needs: ranges that may change, a float model."""
    if family == "scales":
        return plan.ranges
    return family not in NEED_FLOAT or plan.base.float_model is not None


def _rate(before: Progression, after: Progression) -> float:
    """Loss saved a byte."""
    used, _ = spent(before.model, after.model)
    return (before.score.loss - after.score.loss) / max(used, 1)


def _record(
    before: Progression, tried: Sequence[Progression], best: Progression | None
) -> Progression:
    """The best of what was tried from ``before``, with the steps of all."""
    tries = before.tried.union(*(found.tried for found in tried))
    return replace(best or before, steps=steps_of_all(before, tried, best), tried=tries)


def within(plan: Plan, family: str, room: Room, case: Case, model: Model) -> Proposal:
    """A proposal of one family of moves that changes no more of ``model`` than ``room`` holds."""
    if family == "margins":
        limits = [limit for limit in (room.bytes, room.edits) if limit is not None]
        return propose_margins(case, model, min(limits, default=None))
    if family == "scales":
        return propose_scales(case, model, plan.calibration(case, model), room)
    if family == "reconstruct":
        return propose_reconstruction(case, plan.layers, model, room)
    move = BIAS if family == "bias" else plan.squares
    return propose_channels(case, model, plan.layered(case, model, move), room)
