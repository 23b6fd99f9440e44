"""The strategies as sequences of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.report import CurvePoint, LayerSquares
from mendlite.pipeline.budget import measure_curve, propose_channels, remaining
from mendlite.pipeline.calibration import calibrate
from mendlite.pipeline.case import Case, Judge
from mendlite.pipeline.descent import BOLD
from mendlite.pipeline.layerwise import (
    BIAS,
    Channels,
    Layered,
    Move,
    layerwise,
    least_squares_move,
    repairable,
)
from mendlite.pipeline.margins import propose_margins
from mendlite.pipeline.noise_budget import NoiseBudget, noise_budget
from mendlite.pipeline.paper import propose_qnnrepair
from mendlite.pipeline.rebalance import propose_rebalance
from mendlite.pipeline.reconstruct import propose_reconstruction
from mendlite.pipeline.requantization import propose_requantization
from mendlite.pipeline.scales import propose_scales
from mendlite.pipeline.settings import Room, Settings, chosen_layers
from mendlite.pipeline.steps import Progression, Proposal, begin, take
from mendlite.pipeline.summary import spent
from mendlite.pipeline.suspects import suspicious_channels
from mendlite.repair.float_twin import hybrid_layers, in_float32
from mendlite.repair.least_squares import LeastSquaresOptions
from mendlite.repair.verdict import Match
from mendlite.replay.reference.slices import multiplications
from mendlite.tflite.support import require_own_weights

Propose = Callable[[Case, Model], Proposal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A strategy's end, the curve of what bytes buy up to it, and what squares reached."""

    progression: Progression
    curve: tuple[CurvePoint, ...]
    squares: tuple[LayerSquares, ...]


def run(case: Case, settings: Settings, judge: Judge) -> Ran:
    """Run the strategy that ``settings`` name. ``judge`` scores the selection samples."""
    positions = chosen_layers(case.quantized, settings.layers or ("all",))
    layers, notes = repairable(case.quantized, positions)
    plan = _Plan(
        base=case,
        settings=settings,
        layers=tuple(layer.position for layer in layers),
        judge=judge,
        begun=monotonic(),
    )
    twin, twin_notes = _float_twin(case)
    if twin is not case:
        judge = Judge.of(twin, judge.samples)
    plan = replace(plan, base=twin, judge=judge)
    start = begin(twin, judge)
    notes += twin_notes
    if settings.strategy == "qnnrepair":
        end = plan.take(start, "qnnrepair", partial(_paper, settings))
    else:
        if not layers:
            raise BadInputError(f"none of the chosen layers may be edited: {'; '.join(notes)}")
        require_own_weights(case.quantized, layers)
        end = _repaired(plan, replace(start, notes=tuple(notes)))
    curve = _curve(plan, end.model)
    squares = [x for layered in plan.known.values() for x in layered.squares]
    return Ran(progression=end, curve=curve, squares=tuple(squares))


def _float_twin(case: Case) -> tuple[Case, list[str]]:
    """The case with a float model whose weights are all float32, which moves can aim at."""
    if case.float_model is None or not hybrid_layers(case.reference):
        return case, []
    twin = replace(case, float_model=in_float32(case.reference))
    samples = case.sets.repair
    loss = case.task.loss(case.float_outcome(samples), twin.float_outcome(samples)).mean()
    count = len(hybrid_layers(case.reference))
    note = (
        f"the float file has int8 weights in {count} layers and rounds activations at run time: "
        f"{case.task.loss_name} {loss:.3g} that no file can follow. Steps are judged without it"
    )
    return twin, [note]


def _repaired(plan: _Plan, start: Progression) -> Progression:
    settings = plan.settings
    if plan.base.float_model is None:
        return _taught(plan, start)
    if settings.room.limited:
        return _budgeted(plan, start)
    if settings.neurons is not None and settings.strategy != "margins":
        return _localized(plan, start)
    return _RUN[settings.strategy](plan, start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What the steps of a strategy share; ``layers`` are the positions that may be edited."""

    base: Case
    settings: Settings
    layers: tuple[int, ...]
    judge: Judge
    begun: float
    known: dict[tuple[str, str], Layered] = field(default_factory=dict)

    def layered(self, case: Case, model: Model, move: Move) -> Layered:
        """One move on all layers; what was computed for the same two models is kept."""
        key = (case.reference.sha256, model.sha256 + move.name)
        if key not in self.known:
            first = model.sha256 == self.base.quantized.sha256
            self.known[key] = layerwise(case, model, self.layers, move, bounds=first)
        return self.known[key]

    @property
    def ranges(self) -> bool:
        """Whether activation ranges may change.

        They lie between layers: they stay where only some layers may be edited.
        """
        return self.settings.scales and self.settings.layers is None

    @property
    def small(self) -> bool:
        """Whether a replay of the repair samples is so small that trying more takes seconds."""
        replay = multiplications(self.base.quantized) * self.base.sets.repair.count
        return replay <= SMALL

    @property
    def squares(self) -> Move:
        """Least squares with the settings' bounds."""
        options = LeastSquaresOptions.for_samples(self.base.sets.repair.count)
        if self.settings.max_delta is not None:
            options = replace(options, delta_limit=self.settings.max_delta)
        if self.settings.ridge is not None:
            options = replace(options, ridge=self.settings.ridge)
        return least_squares_move(options)

    def take(self, progression: Progression, name: str, propose: Propose) -> Progression:
        """Run a step, unless the time is up."""
        limit = self.settings.time_limit
        if limit is not None and monotonic() - self.begun > limit:
            note = f"--time-limit of {limit:g} s reached: later steps were not tried"
            notes = progression.notes if note in progression.notes else (*progression.notes, note)
            return replace(progression, notes=notes)
        return take(progression, self.judge, name, propose)


def _curve(plan: _Plan, final: Model) -> tuple[CurvePoint, ...]:
    """What bytes buy, up to the repair; empty where layers have no float twin to follow."""
    pairing, case = plan.base.pairing, plan.base
    if pairing is None or pairing.of(Match.RESCALED, Match.OTHER) or not plan.layers:
        return ()
    if final.sha256 == case.quantized.sha256:
        return ()
    layered = {move.name: plan.layered(case, case.quantized, move) for move in (BIAS, plan.squares)}
    return measure_curve(case, layered, final)


def _paper(settings: Settings, case: Case, model: Model) -> Proposal:
    return propose_qnnrepair(case, settings, model)


def _layered(
    plan: _Plan, progression: Progression, move: Move, channels: Channels | None = None
) -> Progression:
    """One move on all layers."""

    def propose(case: Case, model: Model) -> Proposal:
        if channels is None:
            return Proposal(model=plan.layered(case, model, move).model)
        return Proposal(model=layerwise(case, model, plan.layers, move, channels).model)

    return plan.take(progression, move.name, propose)


def _bias(plan: _Plan, progression: Progression) -> Progression:
    return _layered(plan, progression, BIAS)


def _squares(plan: _Plan, progression: Progression) -> Progression:
    return _layered(plan, progression, plan.squares)


def _requantized(plan: _Plan, progression: Progression) -> Progression:
    """The float model quantized anew where the file's weights are not its own."""
    pairing = plan.base.pairing
    if pairing is None or not pairing.of(Match.RESCALED, Match.OTHER):
        return progression

    def propose(case: Case, model: Model) -> Proposal:
        return propose_requantization(case, plan.layers, model, scales=plan.ranges)

    return plan.take(progression, "requantize", propose)


def _rebalance(plan: _Plan, progression: Progression) -> Progression:
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


def _calibrate(plan: _Plan, progression: Progression) -> Progression:
    """Every rule of calibration in turn: there are few, and the selection samples know best."""
    start = progression.model
    calibration = calibrate(progression.case, start)
    for name in calibration.ranges:
        candidate = Proposal(model=calibration.apply(start, name))
        propose = partial(_as_it_is, candidate)
        progression = plan.take(progression, f"calibrate, {name}", propose)
    return progression


def _scales(plan: _Plan, progression: Progression) -> Progression:
    """The search of ranges; a bolder one where it takes nothing and another takes seconds."""
    found = plan.take(progression, "scales", propose_scales)
    if found.model is not progression.model or not plan.small:
        return found
    return plan.take(found, "scales, bolder", lambda c, m: propose_scales(c, m, clear=BOLD))


def _margins(plan: _Plan, progression: Progression) -> Progression:
    return plan.take(progression, "margins", propose_margins)


def _reconstruct(plan: _Plan, progression: Progression) -> Progression:
    def propose(case: Case, model: Model) -> Proposal:
        return propose_reconstruction(case, plan.layers, model)

    return plan.take(progression, "reconstruct", propose)


def _least_squares(plan: _Plan, progression: Progression) -> Progression:
    """Least squares on the float model's own weights."""
    return _weights(plan, _requantized(plan, progression))


def _weights(plan: _Plan, progression: Progression) -> Progression:
    """Least squares alone, then against it on rescaled channels."""
    return _rebalance(plan, _squares(plan, progression))


WORTH = 0.02
"""Share of the loss that a turn must save for another one to be worth its time."""


RANGES_FIRST = 2.0
"""Ranges come first where they cost so many times what the weights cost."""

SMALL = 4e9
"""Multiplications of one replay of the repair samples up to which more is tried: both orders."""

BUDGETED = 256
"""Repair samples of the noise budget."""


def _auto(plan: _Plan, progression: Progression) -> Progression:
    """What costs more first, by the noise budget; both orders where that takes seconds."""
    progression = _requantized(plan, progression)
    if not plan.ranges:
        return _margins(plan, _weights(plan, progression))
    case = replace(progression.case, quantized=progression.model)
    samples = case.sets.repair.some(BUDGETED)
    budget = noise_budget(case, Judge.of(case, samples))
    orders = [_weights_first, _ranges_first]
    if budget.ranges.loss > RANGES_FIRST * budget.weights.loss:
        orders.reverse()
    note = _explained(case, budget, ranges_first=orders[0] is _ranges_first)
    progression = replace(progression, notes=(*progression.notes, note))
    found = orders[0](plan, progression)
    if plan.small:
        other = orders[1](plan, replace(progression, tried=found.tried))
        found = _reconstruct(plan, _better(found, other, progression))
    return _margins(plan, found)


def _explained(case: Case, budget: NoiseBudget, *, ranges_first: bool) -> str:
    name = case.task.loss_name
    order = "ranges before weights" if ranges_first else "weights before ranges"
    return (
        f"noise budget, {name} alone: weights {budget.weights.loss:.3g}, ranges "
        f"{budget.ranges.loss:.3g}, what cannot be edited {budget.fixed.loss:.3g}: {order}"
    )


def _better(first: Progression, second: Progression, start: Progression) -> Progression:
    """The better end of two orders, with the steps of both."""
    own = second.steps[len(start.steps) :]
    notes = tuple(note for note in second.notes if note not in first.notes)
    if second.score.better_than(first.score):
        lost = [replace(s, accepted=False) for s in first.steps[len(start.steps) :]]
        steps = (*start.steps, *lost, *own)
        return replace(second, steps=steps, notes=(*first.notes, *notes))
    lost = [replace(s, accepted=False) for s in own]
    return replace(first, steps=(*first.steps, *lost), notes=(*first.notes, *notes))


def _ranges_first(plan: _Plan, progression: Progression) -> Progression:
    """Calibration and the search of ranges, then the weights for them."""
    return _weights(plan, _scales(plan, _calibrate(plan, progression)))


def _weights_first(plan: _Plan, progression: Progression) -> Progression:
    """The weights for the ranges as they are, then ranges, then the weights for those."""
    progression = _weights(plan, progression)
    weighed = progression.model
    progression = _scales(plan, _calibrate(plan, progression))
    return progression if progression.model is weighed else _weights(plan, progression)


_RUN: dict[str, Callable[[_Plan, Progression], Progression]] = {
    "auto": _auto,
    "least-squares": _least_squares,
    "bias": _bias,
    "margins": _margins,
    "reconstruct": _reconstruct,
}


def _localized(plan: _Plan, progression: Progression) -> Progression:
    """The most suspicious neurons alone: whatever touches others is left out."""
    count = plan.settings.neurons or 0
    found = suspicious_channels(plan.base, plan.layers, plan.settings.metric, count)
    progression = replace(progression, notes=(*progression.notes, found.note))
    move = BIAS if plan.settings.strategy == "bias" else plan.squares
    return _layered(plan, progression, move, found.channels)


def _taught(plan: _Plan, progression: Progression) -> Progression:
    """Without a float model: what needs no more than answers."""
    if plan.settings.strategy not in ("auto", "margins"):
        raise BadInputError(
            f"strategy {plan.settings.strategy} needs the float model; without it there are auto "
            "and margins"
        )
    if plan.settings.room.limited or plan.settings.strategy == "margins":
        room = remaining(plan.settings.room, plan.base.quantized, progression.model).bytes
        return plan.take(progression, "margins", lambda c, m: propose_margins(c, m, room))
    if plan.ranges:
        progression = _scales(plan, progression)
    return _margins(plan, progression)


FAMILIES = {
    "auto": ("margins", "bias", "least-squares", "scales"),
    "least-squares": ("least-squares",),
    "bias": ("bias",),
    "margins": ("margins",),
    "reconstruct": ("reconstruct",),
}
"""What a budget is spent on, by strategy."""


def _budgeted(plan: _Plan, progression: Progression) -> Progression:
    """The family that saves most loss a byte, again and again, until none helps."""
    base = plan.base.quantized
    while True:
        room = remaining(plan.settings.room, base, progression.model)
        tried = [
            plan.take(progression, f"{family} in budget", partial(_within, plan, family, room))
            for family in FAMILIES[plan.settings.strategy]
            if family != "scales" or plan.ranges
        ]
        taken = [found for found in tried if found.model is not progression.model]
        best = max(taken, key=lambda found: _rate(progression, found), default=None)
        before = progression.score.loss
        progression = _record(progression, tried, best)
        if best is None or best.score.loss > before * (1 - WORTH):
            return progression


def _rate(before: Progression, after: Progression) -> float:
    """Loss saved a byte."""
    used, _ = spent(before.model, after.model)
    return (before.score.loss - after.score.loss) / max(used, 1)


def _record(
    before: Progression, tried: Sequence[Progression], best: Progression | None
) -> Progression:
    """The best of what was tried from ``before``, with the steps of all."""
    steps = list(before.steps)
    tries = before.tried
    for found in tried:
        own = found.steps[len(before.steps) :]
        steps += own if found is best else [replace(step, accepted=False) for step in own]
        tries |= found.tried
    return replace(best or before, steps=tuple(steps), tried=tries)


def _within(plan: _Plan, family: str, room: Room, case: Case, model: Model) -> Proposal:
    """A proposal of one family of moves that changes no more of ``model`` than ``room`` holds."""
    if family == "margins":
        limits = [limit for limit in (room.bytes, room.edits) if limit is not None]
        return propose_margins(case, model, min(limits, default=None))
    if family == "scales":
        return propose_scales(case, model, room)
    if family == "reconstruct":
        return propose_reconstruction(case, plan.layers, model, room)
    move = BIAS if family == "bias" else plan.squares
    return propose_channels(case, model, plan.layered(case, model, move), room)
