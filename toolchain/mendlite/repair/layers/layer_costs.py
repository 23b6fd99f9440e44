"""What the int8 weights of each layer cost by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.analysis.fake_quant import run_rounded, with_int8_weights
from mendlite.arith.ordered_sums import mean_of
from mendlite.case.case import Case
from mendlite.case.evaluate import teacher_outputs
from mendlite.replay.reference.slices import slice_size

SLICES, FEWEST, MOST = 8, 32, 256
"""Repair samples on which the costs are measured."""


def layer_costs(case: Case, layers: Sequence[int]) -> dict[int, float]:
    """Mean loss of the float model with the int8 weights of each layer, by layer number.

    Layers whose weights are float in the file cost nothing.
    """
    count = min(max(FEWEST, SLICES * slice_size(case.quantized)), MOST)
    samples = case.sets.repair.some(count)
    teacher = teacher_outputs(case, samples)
    costs: dict[int, float] = {}
    for pair in case.pairs:
        if pair.quantized.number in layers:
            model = with_int8_weights(case, [pair])
            outputs = run_rounded(case, model, samples, {})
            costs[pair.quantized.number] = mean_of(case.task.loss(teacher, outputs))
    return costs
