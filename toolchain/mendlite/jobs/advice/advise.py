"""Which layers to keep at int8 so that the file fits a flash budget at the least loss.

1. Each layer that may have 4 bits is measured: what it costs after its own repair.
2. The layers are chosen by an exact knapsack: costs add, bytes must suffice.
3. All in 8 bits, the mix and all in 4 bits are repaired and scored on held-out samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from mendlite.algorithms.knapsack import cheapest, in_units
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.emit.litert_recipe import litert_recipe, not_named_apart
from mendlite.errors import BadInputError
from mendlite.jobs.advice.layer_losses import MEASURED, layer_losses
from mendlite.jobs.advice.mixed_case import on_file, require_fresh, savings, why_not
from mendlite.jobs.advice.mixes import INT4, INT8, MIXED, MixRepair
from mendlite.model.advice import Advice, LayerAdvice, Mix
from mendlite.model.cost import Cost
from mendlite.model.graph import Layer
from mendlite.model.tensor import DType
from mendlite.prepare.int32 import require_int32
from mendlite.repair.run import require_settings
from mendlite.repair.settings import Settings

SCHEMA = 1

SAME_NAME = "its output has no name of its own in the float file, by which a recipe could name it"

DERIVED = (
    "files with 4 bits are derived from the int8 file and the float model: weights, scales and "
    "biases as litert-quantizer's min-max writes them, activations as in the int8 file"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The case, the bytes of flash, and the bytes that 4 bits save in each layer that may."""

    case: Case
    settings: Settings
    flash: int
    dense: bool
    saved: Mapping[int, int]

    @property
    def size(self) -> int:
        """Bytes of the int8 file."""
        return len(self.case.quantized.data)


def advise(case: Case, settings: Settings, flash: int, *, dense: bool) -> Advice:
    """Advise on ``flash`` bytes; ``dense``: dense layers may have 4 bits, too.

    Raises BadInputError, before anything is replayed, where the case has no float model or another
    network's, where no layer may have 4 bits, and where even 4 bits in all of them do not fit;
    UnsupportedModelError as a repair does.
    """
    start = perf_counter()
    # TFLite Micro, for which dense layers stay, runs no file of dynamic range at all.
    plan = _plan(case, settings, flash, dense=dense or not _static(case))
    repair = MixRepair.of(case, settings, plan.saved)
    measured = _measured(plan, repair)
    return replace(_advice(plan, repair.validation, measured), seconds=perf_counter() - start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What was measured: the mixes that were repaired, and by layer what 4 bits there cost."""

    mixes: tuple[Mix, ...]
    costs: Mapping[int, Cost]

    def best(self, flash: int) -> Mix:
        """The mix with the least loss of those that fit."""
        fitting = [mix for mix in self.mixes if mix.bytes <= flash]
        return min(fitting, key=lambda mix: mix.selection_loss)


def _measured(plan: _Plan, repair: MixRepair) -> _Measured:
    """All in 8 bits, the mix that fits, where it is another one, and all in 4 bits."""
    whole, state = repair.repaired(INT8, frozenset())
    every, chosen, costs = frozenset(plan.saved), frozenset[int](), dict[int, Cost]()
    if plan.flash < plan.size:
        costs = layer_losses(on_file(state.case, state.model), tuple(plan.saved))
        chosen = _chosen(plan, costs)
    some = [repair.repaired(MIXED, chosen)[0]] if chosen not in (frozenset(), every) else []
    four = repair.repaired(INT4, every)[0]
    return _Measured(mixes=(whole, *some, four), costs=costs)


def _plan(case: Case, settings: Settings, flash: int, *, dense: bool) -> _Plan:
    if not case.execution.on_host_kernels:
        raise BadInputError("advice is computed on mendlite's kernels: leave `runner` and `device`")
    reference, model = case.reference, case.quantized
    require_fresh(case)
    require_int32(model)
    require_settings(case, settings)
    apart = not_named_apart(reference)
    saved = {n: b for n, b in savings(model, dense=dense).items() if n not in apart}
    if not saved:
        raise BadInputError(f"no layer of the int8 file may have 4 bits: {_reasons(case, dense)}")
    plan = _Plan(case=case, settings=settings, flash=flash, dense=dense, saved=saved)
    _require_room(plan)
    return plan


def _require_room(plan: _Plan) -> None:
    least = plan.size - sum(plan.saved.values())
    if least > plan.flash:
        more = plan.size - sum(savings(plan.case.quantized, dense=True).values())
        hint = f"; {more:,} with `dense`" if more < least else ""
        raise BadInputError(
            f"`flash` is {plan.flash:,} bytes: the int8 file has {plan.size:,}, and {least:,} with "
            f"4 bits in every layer that may have them{hint}"
        )


def _chosen(plan: _Plan, costs: Mapping[int, Cost]) -> frozenset[int]:
    """The layers for 4 bits: enough bytes at the least sum of losses."""
    numbers = list(plan.saved)
    units = in_units([costs[number].loss for number in numbers])
    places = cheapest(units, [plan.saved[number] for number in numbers], plan.size - plan.flash)
    return frozenset(numbers[place] for place in places or ())


def _advice(plan: _Plan, validation: Evaluator, measured: _Measured) -> Advice:
    case, best = plan.case, measured.best(plan.flash)
    int4 = [pair.reference for pair in case.pairs if pair.quantized.number in best.int4]
    quality = case.task.quality(validation.teacher, validation.samples.labels)
    return Advice(
        schema=SCHEMA,
        target=case.name,
        flash=plan.flash,
        chosen=best.name,
        int8_bytes=plan.size,
        kernels=case.execution.evaluation_runner(case.quantized).kernels,
        seed=case.seed,
        strategy=plan.settings.strategy.name,
        samples=validation.samples.count,
        measured=min(MEASURED, case.sets.selection.count) if measured.costs else 0,
        loss_name=case.task.loss_name,
        float_accuracy=quality.accuracy,
        layers=tuple(_layer(plan, layer, best, measured.costs) for layer in case.quantized.layers),
        mixes=measured.mixes,
        recipe=litert_recipe(case.reference, int4, static=_static(case)),
        notes=tuple(_notes(plan)),
        seconds=0.0,
    )


def _layer(plan: _Plan, layer: Layer, best: Mix, costs: Mapping[int, Cost]) -> LayerAdvice:
    model, cost = plan.case.quantized, costs.get(layer.number)
    weights = model.tensors[layer.weights]
    four = layer.number in best.int4 or weights.dtype is DType.INT4
    return LayerAdvice(
        position=layer.number,
        name=layer.name,
        op=layer.op,
        weights=weights.elements,
        bits=4 if four else 8,
        saved=plan.saved.get(layer.number, 0),
        loss=None if cost is None else cost.loss,
        failing=None if cost is None else cost.failing,
        remark="" if layer.number in plan.saved else _reason(plan.case, layer, dense=plan.dense),
    )


def _reasons(case: Case, dense: bool) -> str:
    """Why no layer may have 4 bits, each reason once with its layers."""
    reasons: dict[str, list[str]] = {}
    for layer in case.quantized.layers:
        reasons.setdefault(_reason(case, layer, dense=dense), []).append(str(layer.number))
    return "; ".join(f"{reason} (layers {', '.join(x)})" for reason, x in reasons.items())


def _reason(case: Case, layer: Layer, *, dense: bool) -> str:
    """Why a layer may not have 4 bits."""
    return why_not(case.quantized, layer, dense=dense) or SAME_NAME


def _static(case: Case) -> bool:
    """Whether the file computes with int8 activations, not with those of dynamic range."""
    model = case.quantized
    return any(model.tensors[layer.input].dtype is DType.INT8 for layer in model.layers)


def _notes(plan: _Plan) -> list[str]:
    model = plan.case.quantized
    notes = [DERIVED]
    if plan.flash >= plan.size:
        notes.append("the int8 file fits as it is: no layer was measured")
    single = [
        str(layer.number)
        for layer in model.layers
        if layer.number in plan.saved
        and layer.channels > 1
        and not model.tensors[layer.weights].quantization().per_channel
    ]
    if single:
        notes.append(
            f"layers {', '.join(single)} have one scale for all channels in the int8 file, and one "
            "a channel by the recipe, which loses less and takes some bytes more: for figures of "
            "that, name an int8 file with a scale a channel"
        )
    return notes
