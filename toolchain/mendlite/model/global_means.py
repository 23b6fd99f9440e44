"""Operators that average each channel over all its positions: a pool, or a MEAN."""

from __future__ import annotations

from mendlite.model.graph import Model, Operator

POOL, MEAN = "AVERAGE_POOL_2D", "MEAN"

AXES = (1, 2)
"""Height and width of an activation [n, h, w, c]."""


def is_global_pool(model: Model, operator: Operator) -> bool:
    """Whether an operator averages each channel over all its positions, without padding."""
    if operator.op != POOL:
        return False
    source, output = (model.tensors[t].shape for t in (operator.inputs[0], operator.outputs[0]))
    window = tuple(operator.options.get(name) for name in ("filter_h", "filter_w"))
    return len(source) == len(output) == 4 and output[1:3] == (1, 1) and window == source[1:3]


def is_global_mean(model: Model, operator: Operator) -> bool:
    """Whether an operator is a MEAN over height and width that keeps both axes."""
    if operator.op != MEAN or not operator.options.get("keep_dims", 0):
        return False
    axes = model.tensors[operator.inputs[1]].data
    rank = len(model.tensors[operator.inputs[0]].shape)
    return axes is not None and rank == 4 and sorted(a % 4 for a in axes.ravel()) == list(AXES)
