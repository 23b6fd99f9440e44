"""Values that follow from static shapes and constants alone: what shape arithmetic computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import DType
from mendlite.prepare.copies import COPIES
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


def _product(view: Preparation, inputs: list[Values]) -> Values:
    return np.multiply(inputs[0], inputs[1], dtype=view.output.dtype.numpy)


FOLDED: Mapping[str, Callable[[Preparation, list[Values]], Values]] = {
    "STRIDED_SLICE": _slice,
    "PACK": _pack,
    "CONCATENATION": _joined,
    "RESHAPE": _moved,
    "SQUEEZE": _moved,
    "EXPAND_DIMS": _moved,
    "MUL": _product,
}
"""Operators whose values are followed, besides SHAPE and those that copy values."""


def values_of(view: Preparation) -> tuple[Values, ...] | None:
    """The outputs' values where they are known at preparation; None where they are not.

    The operator was compared with the file before.
    """
    storage, outputs = view.output.dtype.numpy, view.operator.outputs
    count = sum(prod(view.model.tensors[t].shape) for t in outputs)
    if storage is None or storage.kind not in "iu" or count > MOST:
        return None
    op = view.operator.op
    if op == "SHAPE":
        return (_shape(view),)
    if op == "MUL" and not _plain_product(view):
        return None
    if op not in FOLDED and op not in COPIES:
        return None
    inputs = [view.values(slot) for slot in range(len(view.operator.inputs))]
    known = [values for values in inputs if values is not None]
    if len(known) < len(inputs):
        return None
    return _copied(view, known) if op in COPIES else (FOLDED[op](view, known),)


def _plain_product(view: Preparation) -> bool:
    """Whether MUL multiplies whole numbers, as sizes of a shape."""
    output, count = view.output, len(view.operator.inputs)
    factors = [view.input(slot) for slot in range(count) if view.given(slot)]
    whole = output.dtype in (DType.INT32, DType.INT64) and len(factors) == 2 == count
    fits = all(t.dtype is output.dtype and t.shape in ((), output.shape) for t in factors)
    return whole and fits and view.operator.options.get("activation") == "NONE"


def _copied(view: Preparation, inputs: list[Values]) -> tuple[Values, ...]:
    copying = COPIES[view.operator.op](view)
    outputs = copying.move([inputs[slot][None] for slot in copying.slots])
    return tuple(np.array(x[0]) for x in outputs)
