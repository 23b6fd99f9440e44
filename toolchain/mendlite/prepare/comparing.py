"""Comparisons, logic, SELECT, SELECT_V2 and NEG.

Sources: ``comparisons.cc``, ``logical.cc``, ``elementwise.cc`` (LOGICAL_NOT), ``select.cc``, ``neg.cc``.
"""  # noqa: E501

from __future__ import annotations

from functools import reduce

import numpy as np

from mendlite.arith.comparison import SCALES_BELOW
from mendlite.model.tensor import STORED, DType
from mendlite.prepare.pairwise import broadcast
from mendlite.prepare.view import EIGHT_BITS, Inferred, Preparation, Shape, described

NUMBERS = (DType.FLOAT32, DType.INT32, DType.INT64)

EQUALITY = frozenset({"EQUAL", "NOT_EQUAL"})
"""Comparisons that take BOOL, too."""


def compare(view: Preparation) -> Inferred:
    """LESS and the other comparisons: 8-bit values by what they stand for, others as stored."""
    view.require_count(2)
    truth = (DType.BOOL,) if view.operator.op in EQUALITY else ()
    dtype = view.require_one_type(*EIGHT_BITS, *NUMBERS, *truth)
    _require_truth(view)
    if dtype in EIGHT_BITS:
        _require_scales(view)
    return Inferred(shape=_common(view, 0, 1), dtype=DType.BOOL)


def _require_scales(view: Preparation) -> None:
    """Raise where a scale is too large: TFLite Micro aborts, LiteRT shifts by less than 0."""
    for tensor in (view.input(0), view.input(1)):
        scale, _ = view.quantized(tensor)
        if not scale < SCALES_BELOW:
            raise view.undefined(
                f"{described(tensor)} has scale {scale:g}: 8-bit values are compared with scales "
                "below 1 alone"
            )


def logical(view: Preparation) -> Inferred:
    """LOGICAL_AND and LOGICAL_OR."""
    view.require_count(2)
    view.require_one_type(DType.BOOL)
    _require_truth(view)
    return Inferred(shape=_common(view, 0, 1), dtype=DType.BOOL)


def logical_not(view: Preparation) -> Inferred:
    """LOGICAL_NOT."""
    view.require_count(1)
    view.require_one_type(DType.BOOL)
    _require_truth(view)
    return Inferred(shape=view.input(0).shape, dtype=DType.BOOL)


def negate(view: Preparation) -> Inferred:
    """NEG of numbers that have no scale."""
    view.require_count(1)
    dtype = view.require_one_type(*NUMBERS)
    return Inferred(shape=view.input(0).shape, dtype=dtype)


def select(view: Preparation) -> Inferred:
    """SELECT and SELECT_V2: stored values of the second or the third input."""
    view.require_count(3)
    condition, first, second = (view.input(slot) for slot in range(3))
    if condition.dtype is not DType.BOOL:
        raise view.wrong(f"its condition, {described(condition)}, is {condition.dtype.value}")
    view.require_type(first, *STORED, *NUMBERS, DType.BOOL)
    if second.dtype is not first.dtype:
        raise view.wrong(
            f"{described(second)} is {second.dtype.value}, but {described(first)} is "
            f"{first.dtype.value}"
        )
    _require_truth(view)
    if all(t.elements == 1 for t in (condition, first, second, view.output)):
        return Inferred(shape=view.output.shape, dtype=first.dtype)
    if view.operator.op == "SELECT_V2":
        return Inferred(shape=_common(view, 0, 1, 2), dtype=first.dtype)
    if condition.shape not in (first.shape, (), first.shape[:1]) or second.shape != first.shape:
        raise view.wrong(
            f"its condition {list(condition.shape)} does not choose between values of shapes "
            f"{list(first.shape)} and {list(second.shape)}"
        )
    return Inferred(shape=first.shape, dtype=first.dtype)


def _common(view: Preparation, *slots: int) -> Shape:
    """The common shape of inputs, aligned at the last axis."""
    shapes = [view.input(slot).shape for slot in slots]
    return reduce(lambda first, second: broadcast(view, first, second), shapes)


def _require_truth(view: Preparation) -> None:
    """Raise MalformedModelError for a BOOL constant with another byte than 0 or 1."""
    for slot in range(len(view.operator.inputs)):
        tensor = view.input(slot)
        if tensor.dtype is not DType.BOOL or tensor.data is None:
            continue
        if np.any(np.ascontiguousarray(tensor.data).view(np.uint8) > 1):
            raise view.wrong(f"{described(tensor)} holds a byte that is neither 0 nor 1")
