"""The strategies as sequences of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from mendlite.arith.ordered_sums import mean_of
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, teacher_outputs
from mendlite.model.graph import Model
from mendlite.model.report import CurvePoint, LayerSquares
from mendlite.pairing.float32_twin import hybrid_layers, in_float32
from mendlite.pairing.verdict import Match
from mendlite.repair.engine.accept import Progression, Proposal, begin
from mendlite.repair.engine.attempts import (
    take_adaround,
    take_bias,
    take_gpfq,
    take_layered,
    take_least_squares,
    take_margins,
    take_reconstruct,
    take_scales,
    take_squant,
)
from mendlite.repair.engine.context import Plan
from mendlite.repair.engine.curve import measure_curve
from mendlite.repair.moves.layer_by_layer import BIAS
from mendlite.repair.moves.qnnrepair import propose_qnnrepair
from mendlite.repair.moves.smt_last_layer import propose_smt
from mendlite.repair.preconditions import Chosen
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.auto import auto
from mendlite.repair.strategies.budgeted import budgeted
from mendlite.repair.strategies.localized import suspicious_channels
from mendlite.repair.strategies.qnnrepair_search import search


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A strategy's end, the curve of what bytes buy up to it, and what squares reached."""

    progression: Progression
    curve: tuple[CurvePoint, ...]
    squares: tuple[LayerSquares, ...]


def run(case: Case, settings: Settings, evaluator: Evaluator, chosen: Chosen) -> Ran:
    """Run the strategy that ``settings`` name on the ``chosen`` layers.

    ``evaluator`` scores the selection samples.
    """
    twin, twin_notes = _float_twin(case)
    if twin is not case:
        evaluator = Evaluator.of(twin, evaluator.samples)
    plan = Plan(
        base=twin,
        settings=settings,
        layers=tuple(layer.position for layer in chosen.layers),
        evaluator=evaluator,
        begun=monotonic(),
    )
    start = begin(twin, evaluator)
    if settings.strategy in ("qnnrepair", "smt"):
        propose = propose_smt if settings.strategy == "smt" else propose_qnnrepair
        end = plan.take(start, settings.strategy, partial(_set, propose, settings))
    elif settings.strategy == "search":
        end = search(plan, start)
    else:
        end = _repaired(plan, replace(start, notes=(*chosen.notes, *twin_notes)))
    # The curve computes moves of its own: what it adds to the plan no step ran.
    squares = [x for layered in plan.known.values() for x in layered.squares]
    curve = _curve(plan, end.model)
    return Ran(progression=end, curve=curve, squares=tuple(squares))


def _float_twin(case: Case) -> tuple[Case, list[str]]:
    """The case with a float model whose weights are all float32, which moves can aim at."""
    if case.float_model is None or not hybrid_layers(case.reference):
        return case, []
    twin = replace(case, float_model=in_float32(case.reference))
    samples = case.sets.repair
    loss = mean_of(case.task.loss(teacher_outputs(case, samples), teacher_outputs(twin, samples)))
    count = len(hybrid_layers(case.reference))
    note = (
        f"the float file has int8 weights in {count} layers and rounds activations at run time: "
        f"{case.task.loss_name} {loss:.3g} that no file can follow. Steps are judged without it"
    )
    return twin, [note]


def _repaired(plan: Plan, start: Progression) -> Progression:
    settings, taught = plan.settings, plan.base.float_model is None
    if settings.room.limited:
        return budgeted(plan, start)
    if settings.neurons is not None:
        return _localized(plan, start)
    if taught and settings.strategy == "auto":
        return _taught(plan, start)
    return RUN[settings.strategy](plan, start)


def _curve(plan: Plan, final: Model) -> tuple[CurvePoint, ...]:
    """What bytes buy, up to the repair; empty where layers have no float twin to follow."""
    pairing, case = plan.base.pairing, plan.base
    if pairing is None or pairing.of(Match.RESCALED, Match.OTHER) or not plan.layers:
        return ()
    if final.sha256 == case.quantized.sha256:
        return ()
    moves = {"bias": BIAS, "least-squares": plan.squares}
    layered = {
        name: plan.layered(case, case.quantized, moves[name])
        for name in CURVE_MOVES.get(plan.settings.strategy, ())
    }
    return measure_curve(case, layered, final)


def _set(
    propose: Callable[[Case, Settings, Model], Proposal],
    settings: Settings,
    case: Case,
    model: Model,
) -> Proposal:
    return propose(case, settings, model)


Run = Callable[[Plan, Progression], Progression]

RUN: dict[str, Run] = {
    "auto": auto,
    "least-squares": take_least_squares,
    "bias": take_bias,
    "margins": take_margins,
    "reconstruct": take_reconstruct,
    "squant": take_squant,
    "gpfq": take_gpfq,
    "adaround": take_adaround,
}

CURVE_MOVES: dict[str, tuple[str, ...]] = {
    "auto": ("bias", "least-squares"),
    "least-squares": ("least-squares",),
    "bias": ("bias",),
}
"""The moves whose smaller patches the curve shows, by the strategy that makes them."""


def _localized(plan: Plan, progression: Progression) -> Progression:
    """The most suspicious neurons alone: whatever touches others is left out."""
    settings = plan.settings
    count = settings.neurons or 0
    found = suspicious_channels(plan.base, plan.layers, settings.metric, count)
    progression = replace(progression, notes=(*progression.notes, found.note))
    move = BIAS if settings.strategy == "bias" else plan.squares
    return take_layered(plan, progression, move, found.channels)


def _taught(plan: Plan, progression: Progression) -> Progression:
    """``auto`` without a float model: what needs no more than answers."""
    if plan.ranges:
        progression = take_scales(plan, progression)
    if plan.small:
        progression = take_reconstruct(plan, progression)
    return take_margins(plan, progression)
