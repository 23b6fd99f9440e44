"""What cannot be recovered by editing, where it causes most of the loss, and what to do about it.

The ranges of the graph's inputs and outputs are the caller's contract, and some operators fix
theirs: a repair keeps them. Where they cause the loss, it must report so rather than look
successful.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.fake_quant import FakeQuant
from mendlite.analysis.noise_budget import cost_of, frozen_parameters, roundings_of_pairs
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, evaluate_on_host
from mendlite.model.report import Unreachable
from mendlite.model.samples import Samples
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner

SAMPLES = 128
"""Repair samples that are evaluated."""

MOST = 0.5
"""Share of the int8 file's loss that counts as most of it."""

WIDE = 8.0
"""A range so many times wider than the values in it was calibrated on other data."""

CLIPPED = 0.01
"""Share of clipped values that is worth a sentence."""

COLUMNS = 256
"""Most features of a vector that are looked at one by one."""

FEW = 2
"""Levels on which a feature with more values carries almost no information."""

CONVERT = "convert the model again with representative data like these samples"


def find_unreachable(case: Case) -> Unreachable | None:
    """The tensor that hurts most among those that must keep their parameters.

    None where they cause less than most of the loss, where no test fails by them, or where there
    is no float model to tell.
    """
    if case.float_model is None:
        return None
    samples = case.sets.repair.some(SAMPLES)
    evaluator = Evaluator.of(case, samples)
    total = evaluator.score(evaluate_on_host(case, case.quantized, samples)).loss
    fixed = _fixed(case)
    cost = cost_of(evaluator, case.reference, dict(fixed.values()))
    if not cost.failing or cost.loss < MOST * total:
        return None
    costs = {t: cost_of(evaluator, case.reference, {twin: r}) for t, (twin, r) in fixed.items()}
    worst = max(costs, key=lambda tensor: costs[tensor].loss)
    twin, rounding = fixed[worst]
    return Unreachable(
        tensor=worst,
        name=case.quantized.tensors[worst].name,
        loss=cost.loss,
        total=total,
        why=_why(case, worst, _values(case, samples, twin), rounding),
    )


def _fixed(case: Case) -> dict[int, tuple[int, FakeQuant]]:
    """By the quantized model's tensor that must stay as it is: its float twin and its rounding."""
    frozen = frozen_parameters(case.quantized)
    return {t: found for t, found in roundings_of_pairs(case).items() if frozen.get(t, "not int8")}


def _values(case: Case, samples: Samples, twin: int) -> NDArray[np.float32]:
    """The float model's own values of one of its tensors."""
    model, inputs = case.reference, case.float_inputs(samples)
    if twin in model.inputs:
        return np.asarray(inputs[model.inputs.index(twin)], np.float32)
    return collect(make_runner("reference", model, case.profile), inputs, [twin])[twin]


def _why(case: Case, tensor: int, values: NDArray[np.float32], rounding: FakeQuant) -> str:
    model, step = case.quantized, float(rounding.quant.scale[0])
    kind = "activation"
    if tensor in (*model.inputs, *model.outputs):
        kind = "input" if tensor in model.inputs else "output"
    name = f"the {kind} '{model.tensors[tensor].name}'"
    low, high = rounding.range
    stored = rounding.stored(values)
    if kind == "input" and (columns := _lost_columns(values, stored)):
        return (
            f"{columns} of {values.shape[-1]} features of {name} fall on one or two levels of "
            f"its scale {step:.3g}; scale each feature to a like range before the model, and "
            "convert it again"
        )
    clipped = float(np.mean((values < low) | (values > high)))
    if clipped >= CLIPPED:
        return (
            f"{clipped:.0%} of the values of {name} lie outside its range {low:.4g} ... "
            f"{high:.4g} and are clipped; {CONVERT}"
        )
    wide = (high - low) / max(float(np.ptp(values)), 1e-30)
    if wide >= WIDE:
        return (
            f"the range of {name} is {wide:.0f} times as wide as float's values, which use "
            f"{np.unique(stored).size} of its 256 levels; {CONVERT}"
        )
    return f"the steps of {name}, {step:.3g} each, are too coarse for the task"


def _lost_columns(values: NDArray[np.float32], stored: NDArray[np.generic]) -> int:
    """Features of a vector that vary in float and hardly as stored."""
    if values.ndim != 2 or not 1 < values.shape[1] <= COLUMNS:
        return 0
    columns = zip(values.T, stored.T, strict=True)
    return sum(np.unique(x).size > FEW >= np.unique(q).size for x, q in columns)
