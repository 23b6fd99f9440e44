"""Values that follow from static shapes and constants alone: what shape arithmetic computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.prepare.slicing import axis_slices
from mendlite.prepare.view import Preparation

MOST = 2**10
"""Values of a tensor up to which it is followed: shapes are short."""

Values = NDArray[Any]


def _shape(view: Preparation) -> Values:
    return np.array(view.input(0).shape, view.output.dtype.numpy)


def _slice(view: Preparation, inputs: list[Values]) -> Values:
    values = inputs[0]
    for axis, span in enumerate(axis_slices(view)):
        values = np.take(values, list(span.positions), axis=axis)
    return values.reshape(view.output.shape)


def _pack(view: Preparation, inputs: list[Values]) -> Values:
    return np.stack(inputs, axis=view.option("axis"))


def _joined(view: Preparation, inputs: list[Values]) -> Values:
    return np.concatenate(inputs, axis=view.option("axis"))


def _moved(view: Preparation, inputs: list[Values]) -> Values:
    return inputs[0].reshape(view.output.shape)


FOLDED: Mapping[str, Callable[[Preparation, list[Values]], Values]] = {
    "STRIDED_SLICE": _slice,
    "PACK": _pack,
    "CONCATENATION": _joined,
    "RESHAPE": _moved,
    "SQUEEZE": _moved,
    "EXPAND_DIMS": _moved,
}
"""Operators whose values are followed, besides SHAPE."""


def values_of(view: Preparation) -> Values | None:
    """The output's values where they are known at preparation; None where they are not.

    The operator was compared with the file before.
    """
    storage = view.output.dtype.numpy
    if storage is None or storage.kind not in "iu" or np.prod(view.output.shape) > MOST:
        return None
    if view.operator.op == "SHAPE":
        return _shape(view)
    if view.operator.op not in FOLDED:
        return None
    inputs = [view.values(slot) for slot in range(len(view.operator.inputs))]
    known = [values for values in inputs if values is not None]
    return FOLDED[view.operator.op](view, known) if len(known) == len(inputs) else None
