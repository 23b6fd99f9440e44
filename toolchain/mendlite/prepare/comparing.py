"""Comparisons, logic, SELECT, SELECT_V2 and NEG.

Sources: ``comparisons.cc``, ``logical.cc``, ``elementwise.cc`` (LOGICAL_NOT), ``select.cc``, ``neg.cc``.
"""  # noqa: E501

from __future__ import annotations

from functools import reduce

import numpy as np

from mendlite.arith.comparison import SCALES_BELOW
from mendlite.model.rounding import Profile
from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.prepare.pairwise import broadcast
from mendlite.prepare.view import EIGHT_BITS, Inferred, Preparation, Shape, described

NUMBERS = (DType.FLOAT32, DType.INT32, DType.INT64)

EQUALITY = frozenset({"EQUAL", "NOT_EQUAL"})
"""Comparisons that take BOOL, too."""


def compares_real(op: str, first: Tensor) -> bool:
    """Whether a comparison scales its inputs, of which this is the first.

    Those of 8 bits; of int16, which TFLite Micro has no kernel for, LiteRT's EQUAL and NOT_EQUAL.
    """
    equality = op in EQUALITY and first.dtype is DType.INT16 and first.quant is not None
    return first.dtype in EIGHT_BITS or equality


def compare(view: Preparation) -> Inferred:
    """LESS and the other comparisons: scaled (``compares_real``), or as stored."""
    view.require_count(2)
    op = view.operator.op
    truth = (DType.BOOL,) if op in EQUALITY else ()
    dtype = view.require_one_type(*STORED, *NUMBERS, *truth)
    _require_truth(view)
    if compares_real(op, view.input(0)):
        _require_scales(view)
    elif dtype is DType.INT16:
        _require_compared(view)
    return Inferred(shape=_common(view, 0, 1), dtype=DType.BOOL)


def _require_compared(view: Preparation) -> None:
    """Raise where a runtime ends without an error, and without having written an output."""
    op, place = view.operator.op, described(view.input(0))
    if op == "NOT_EQUAL":
        raise view.undefined(f"{place} is INT16 without a scale: LiteRT compares nothing then")
    if op == "GREATER" and view.profile is not Profile.TFLITE_REF:
        raise view.undefined(f"{place} is INT16: TFLite Micro compares nothing then")


def _require_scales(view: Preparation) -> None:
    """Raise where a scale is too large: TFLite Micro aborts, LiteRT shifts by less than 0."""
    for tensor in (view.input(0), view.input(1)):
        scale, _ = view.quantized(tensor)
        if not scale < SCALES_BELOW:
            raise view.undefined(
                f"{described(tensor)} has scale {scale:g}: {tensor.dtype.value} values are "
                "compared with scales below 1 alone"
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
    """NEG: of int8 and int16 LiteRT negates what is stored, whatever scale and zero-point are."""
    view.require_count(1)
    dtype = view.require_one_type(*NUMBERS, DType.INT8, DType.INT16)
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
