"""The move ``output-range``: finer steps for the logits of a classifier whose low ones may clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.expected_failing import LogitErrors, not_expected
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Layer
from mendlite.model.layer_values import accumulator_unit
from mendlite.model.repair_options import PatchBudget
from mendlite.model.tensor import DType
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.last_dense import read_dense
from mendlite.repair.layers.logit_candidates import LogitCandidates
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import INTERFACE_OPTIONS, Need, last_dense_layer
from mendlite.tflite.scale_groups import ScaleGroup

SCALES = (0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of the present scale that are tried."""

TOPS = (1.0, 0.9, 0.8)
"""Shares of the present upper end: a lower one leaves more steps to low logits."""


@dataclass(frozen=True)
class OutputRange(Move):
    """The range of the logits with the least error of float's top-two logit difference.

    Of the error, only what this range itself causes is measured (rounding and clipping of the
    layer's exact sums, on samples of small margin): the rest is the same for all ranges, and its
    chance would hide the difference. The mean loss on the repair samples must not rise.
    """

    name = "output-range"
    needs = frozenset({Need.RANGES, Need.LAST_DENSE_LAYER})
    edits = frozenset({Edit.RANGES, Edit.OUTPUTS})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS})
    reads = INTERFACE_OPTIONS

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; the layer's output must be int8 and free, and the task one of classes."""
        reason = super().why_not(facts)
        if reason is not None:
            return reason
        if why_not := not_expected(facts.case.task.kind, facts.case.recipe.teacher):
            return why_not
        layer = last_dense_layer(facts)
        if layer is None or _group(facts, layer) is None:
            return "the range of the logits must stay, or other values share it"
        return None

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002 - it keeps none
        """The model with the best range; unchanged where none is better."""
        case, best = context.case, context.model
        layer = last_dense_layer(context)
        group = None if layer is None else _group(context, layer)
        if layer is None or group is None:
            return Proposal(model=best)
        samples = case.sets.repair
        teacher = context.statistics.teacher_outputs(case, samples)
        logits = LogitCandidates.of(layer, read_dense(case, best, layer, samples), case.profile)
        sums = Outputs(values=logits.sums * accumulator_unit(best, layer))
        exact = LogitErrors.of(teacher, sums)
        outputs = logits.outputs(best)
        start = least = _own_variance(teacher, exact, outputs)
        loss = mean_of(case.task.loss(teacher, outputs))
        for chosen in _candidates(Range.of_group(best, group)):
            case.checkpoint()
            model = with_range(context.model, group, chosen)
            outputs = logits.outputs(model)
            own = _own_variance(teacher, exact, outputs)
            if own < least and mean_of(case.task.loss(teacher, outputs)) <= loss:
                best, least = model, own
        note = (
            f"output-range: variance of its own errors at small margins {start:.3g} -> {least:.3g}"
        )
        return Proposal(model=best, notes=(note,))


def _group(facts: Facts, layer: Layer) -> ScaleGroup | None:
    """The logits' tensors, where they may be rescaled and nothing before the layer is of them."""
    group = next((g for g in facts.groups if layer.output in g.tensors), None)
    if group is None or group.frozen is not None or group.first != layer.index:
        return None
    return group if Range.of_group(facts.model, group).dtype is DType.INT8 else None


def _candidates(now: Range) -> Iterator[Range]:
    """Finer scales whose upper end is the present one, or somewhat below."""
    for share in SCALES:
        scale = float(np.float32(now.scale * share))
        for top in TOPS:
            zero_point = int(np.rint(127 - now.ends[1] * top / scale))
            if -128 <= zero_point <= 127:
                yield Range(scale=scale, zero_point=zero_point)


def _own_variance(teacher: Outputs, exact: LogitErrors, outputs: Outputs) -> float:
    """The variance of the errors that rounding and clipping to ``outputs`` add to ``exact``."""
    rounded = LogitErrors.of(teacher, outputs)
    near = rounded.errors[rounded.small] - exact.errors[rounded.small]
    return mean_of(near * near)
