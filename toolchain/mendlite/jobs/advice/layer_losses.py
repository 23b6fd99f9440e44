"""What 4 bits in one layer cost after the layer's repair, measured for each layer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.jobs.advice.mixed_case import mixed
from mendlite.measure.score import Score
from mendlite.model.cost import Cost
from mendlite.model.option import with_values
from mendlite.model.repair_options import RepairOptions
from mendlite.repair.moves.weight_scales import WeightScales
from mendlite.repair.run import propose

MEASURED = 256
"""Samples of the repair and of the selection set that measure a layer."""


def layer_losses(case: Case, layers: Collection[int]) -> dict[int, Cost]:
    """By layer number, what is added where that layer alone has 4 bits and is repaired.

    ``case`` holds the file that is compared with: the int8 file, or the repaired one with the float
    model that its repair followed. Differences may be negative.
    """
    few = _few(case)
    evaluator = Evaluator.of(few, few.sets.selection)
    before = evaluator.score(evaluator.outputs(few.quantized))
    costs: dict[int, Cost] = {}
    for done, number in enumerate(layers):
        costs[number] = _difference(_repaired_alone(few, evaluator, number), before)
        case.progress("measure 4 bits, layer by layer", done + 1, len(layers))
    return costs


def _repaired_alone(case: Case, evaluator: Evaluator, number: int) -> Score:
    """The score of the case's file with one layer in 4 bits, repaired by ``weight-scales``."""
    options = with_values(RepairOptions(), {"layers": (str(number),)})
    model = propose(mixed(case, {number}), WeightScales(), options).model
    return evaluator.score(evaluator.outputs(model))


def _difference(score: Score, before: Score) -> Cost:
    return Cost(failing=score.failing - before.failing, loss=score.loss - before.loss)


def _few(case: Case) -> Case:
    """The case with as many samples as measure a layer."""
    sets = case.sets
    few = replace(sets, repair=sets.repair.some(MEASURED), selection=sets.selection.some(MEASURED))
    return replace(case, sets=few)
