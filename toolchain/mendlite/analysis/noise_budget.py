"""The noise budget: what weights, ranges and what cannot be edited cost, each by itself.

Parts of the float model are replaced by what the int8 file makes of them, one tensor or one kind
at a time, and the outputs are compared with the float model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mendlite.analysis.fake_quant import (
    FakeQuant,
    Rounding,
    rounding_of,
    run_rounded,
    with_int8_weights,
)
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.measure.score import score
from mendlite.model.analysis import TensorCost
from mendlite.model.cost import Cost
from mendlite.model.graph import Model
from mendlite.model.interface import NEITHER, MayEdit
from mendlite.pairing.tensors import pair_tensors
from mendlite.tflite.scale_groups import scale_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseBudget:
    """``weights``: all int8 weights and biases. ``ranges``: all activations that may be rescaled.

    ``fixed`` cannot be recovered by editing: the rounding and clipping of the graph's inputs and
    outputs (unless they may be edited) and of activations that must keep their parameters.
    """

    weights: Cost
    ranges: Cost
    fixed: Cost


def frozen_parameters(model: Model, may: MayEdit = NEITHER) -> dict[int, str]:
    """Why each activation must keep its parameters, by tensor; empty where it may change.

    ``may`` is the permission for the graph's inputs and outputs.
    """
    return {t: group.frozen or "" for group in scale_groups(model, may) for t in group.tensors}


def roundings_of_pairs(case: Case) -> dict[int, tuple[int, FakeQuant]]:
    """By the quantized model's tensor: its float twin and its rounding."""
    roundings: dict[int, tuple[int, FakeQuant]] = {}
    for tensor, twin in pair_tensors(case.reference, case.quantized).items():
        rounding = rounding_of(case.quantized, tensor)
        if rounding is not None:
            roundings[tensor] = (twin, rounding)
    return roundings


def cost_of(evaluator: Evaluator, model: Model, rounded: Mapping[int, Rounding]) -> Cost:
    """What it costs to round these tensors of a float ``model``."""
    outputs = run_rounded(evaluator.case, model, evaluator.samples, rounded)
    scored = score(evaluator.case.task, evaluator.teacher, outputs, evaluator.tests.labels)
    return Cost(failing=scored.failing, loss=scored.loss)


def noise_budget(case: Case, evaluator: Evaluator, may: MayEdit = NEITHER) -> NoiseBudget:
    """Three replays of the float model on the evaluator's samples."""
    frozen, roundings = frozen_parameters(case.quantized, may), roundings_of_pairs(case)
    free = {twin: r for t, (twin, r) in roundings.items() if not frozen.get(t, "not int8")}
    kept = {twin: r for t, (twin, r) in roundings.items() if frozen.get(t, "not int8")}
    return NoiseBudget(
        weights=cost_of(evaluator, with_int8_weights(case, case.pairs), {}),
        ranges=cost_of(evaluator, case.reference, free),
        fixed=cost_of(evaluator, case.reference, kept),
    )


def tensor_costs(case: Case, evaluator: Evaluator) -> tuple[TensorCost, ...]:
    """The cost of rounding each activation alone, by execution order, one replay each."""
    frozen, costs = frozen_parameters(case.quantized), []
    roundings = roundings_of_pairs(case)
    for done, (tensor, (twin, rounding)) in enumerate(roundings.items()):
        producer = case.quantized.producer(tensor)
        cost = TensorCost(
            tensor=tensor,
            name=case.quantized.tensors[tensor].name,
            op=producer.op if producer else "input",
            cost=cost_of(evaluator, case.reference, {twin: rounding}),
            fixed=frozen.get(tensor, "not int8"),
        )
        costs.append(cost)
        case.progress("substitute tensors", done + 1, len(roundings))
    return tuple(costs)
