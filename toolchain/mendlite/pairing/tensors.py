"""Which activation of the float model belongs to which of the quantized one."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from mendlite.model.global_means import is_global_mean, is_global_pool
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import CONVERSIONS


def pair_operators(reference: Model, quantized: Model) -> Iterator[tuple[Operator, Operator]]:
    """Operators of both models that do the same, in execution order.

    The two sequences of names are aligned, conversions left out; what only one model has (a fused
    pad, another pooling) has no twin. A pool over all positions and a MEAN over them do the same.
    Outputs of a pair have equal shapes.
    """
    a = [o for o in reference.operators if o.op not in CONVERSIONS]
    b = [o for o in quantized.operators if o.op not in CONVERSIONS]
    names = [_name(reference, o) for o in a], [_name(quantized, o) for o in b]
    matcher = SequenceMatcher(None, *names, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            first, second = a[block.a + step], b[block.b + step]
            shapes = (
                [model.tensors[t].shape for t in operator.outputs]
                for model, operator in ((reference, first), (quantized, second))
            )
            if next(shapes) == next(shapes):
                yield first, second


def _name(model: Model, operator: Operator) -> str:
    """What an operator does; the name of the operator, but for means over all positions."""
    if is_global_pool(model, operator) or is_global_mean(model, operator):
        return "global mean"
    return operator.op


def pair_tensors(reference: Model, quantized: Model) -> dict[int, int]:
    """The float model's tensor of each paired activation of the quantized one."""
    twins = dict(zip(quantized.inputs, reference.inputs, strict=False))
    for first, second in pair_operators(reference, quantized):
        twins.update(zip(second.outputs, first.outputs, strict=True))
    return twins
