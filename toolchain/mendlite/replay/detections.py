"""Detections that TFLite_Detection_PostProcess does not write.

Its kernel writes as many rows of boxes, classes and scores as its last output counts and leaves
the others as they were in memory. They are set to 0, whoever computed them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Model
from mendlite.model.operator_kinds import CUSTOM, POSTPROCESS

OUTPUTS = 4
"""Boxes, classes, scores, and how many there are."""
MATRIX = 2
"""Axes that boxes, classes and scores have at least: samples and rows."""


def written_rows(outputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The operator's outputs (n, rows, ...) and (n,), rows that it does not write as 0.

    Raises MalformedModelError where they have other shapes: not every runtime confirms them.
    """
    *rows, count = outputs
    return [*(_cleared(values, count) for values in rows), count]


def _cleared(values: NDArray[Any], count: NDArray[Any]) -> NDArray[Any]:
    if values.ndim < MATRIX or count.size != len(values):
        raise MalformedModelError(
            f"{POSTPROCESS.removeprefix(CUSTOM)}: an output of shape {list(values.shape)} and "
            f"{count.size} counts: a sample has one count, and rows of boxes, classes and scores"
        )
    written = np.arange(values.shape[1]) < count.reshape(-1, 1)
    return np.where(written.reshape(*written.shape, *[1] * (values.ndim - 2)), values, 0).astype(
        values.dtype
    )


def with_counts(model: Model, tensors: Sequence[int]) -> list[int]:
    """``tensors``, and the counts of the post-processing whose outputs are among them."""
    counts = [
        operator.outputs[-1]
        for operator in model.operators
        if operator.op == POSTPROCESS
        and len(operator.outputs) == OUTPUTS
        and set(operator.outputs) & set(tensors)
    ]
    return list(dict.fromkeys([*tensors, *counts]))


def cleared(model: Model, values: Mapping[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """Values of a replay with the rows that no kernel writes as 0, where the count is there.

    Raises as ``written_rows``.
    """
    result = dict(values)
    for operator in model.operators:
        if operator.op == POSTPROCESS and operator.outputs[-1] in values:
            for tensor in set(operator.outputs[:-1]) & values.keys():
                result[tensor] = _cleared(values[tensor], values[operator.outputs[-1]])
    return result
