"""What the int8 weights of each layer cost by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.analysis.single_layers import outputs_layer_by_layer
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
    pairs = [pair for pair in case.pairs if pair.quantized.number in layers]
    return {
        pair.quantized.number: mean_of(case.task.loss(teacher, outputs))
        for pair, outputs in outputs_layer_by_layer(case, samples, pairs)
    }
