"""Comparisons, logic, SELECT, SELECT_V2 and NEG, with an axis of samples in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.comparison import comparable
from mendlite.arith.pairwise import Pairwise
from mendlite.model.tensor import Tensor
from mendlite.prepare.comparing import compares_real
from mendlite.prepare.copying import Arrays
from mendlite.prepare.view import EIGHT_BITS
from mendlite.replay.reference.broadcasting import Run, lined
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.tables import by_pairs

COMPARISONS: Mapping[str, Callable[..., NDArray[Any]]] = {
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
}

LOGIC: Mapping[str, Callable[..., NDArray[Any]]] = {
    "LOGICAL_AND": np.logical_and,
    "LOGICAL_OR": np.logical_or,
    "LOGICAL_NOT": np.logical_not,
    "NEG": np.negative,
}
"""Those that take values as they are stored, whatever their type."""


def prepare_comparison(context: Context) -> Run:
    """LESS and the other comparisons; of 8 bits a table of all pairs of bytes."""
    op = context.operator.op
    compare = COMPARISONS[op]
    first, second = context.input(0), context.input(1)
    if not compares_real(op, first):
        return lambda x: compare(*lined(x))
    if first.dtype not in EIGHT_BITS:
        return lambda x: compare(*lined(_scaled(context, x)))
    rows, columns = (_by_bytes(context, tensor) for tensor in (first, second))
    table = Pairwise(table=compare(rows[:, None], columns).astype(np.int8).reshape(-1))
    storage = first.dtype.numpy

    def run(x: Arrays) -> NDArray[Any]:
        pair = [v.astype(storage, copy=False).view(np.int8) for v in lined(x)]
        return by_pairs(table, *pair).view(np.bool_)

    return run


def _scaled(context: Context, x: Arrays) -> list[NDArray[np.int64]]:
    """What is compared of both inputs."""
    return [
        comparable(
            values.astype(np.int64),
            context.input(slot).scale,
            context.input(slot).zero_point,
            context.rounding,
        )
        for slot, values in enumerate(x)
    ]


def _by_bytes(context: Context, tensor: Tensor) -> NDArray[np.int64]:
    """What is compared of each value of an 8-bit tensor, in the order of their bytes, i64[256]."""
    stored = np.arange(256, dtype=np.uint8).view(tensor.dtype.numpy).astype(np.int64)
    return comparable(stored, tensor.scale, tensor.zero_point, context.rounding)


def prepare_plain(context: Context) -> Run:
    """LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT and NEG."""
    compute = LOGIC[context.operator.op]
    return lambda x: compute(*lined(x))


def prepare_select(context: Context) -> Run:
    """SELECT and SELECT_V2; a condition of one axis chooses along SELECT's first axis."""
    rank = len(context.input(1).shape)
    along_first = context.operator.op == "SELECT" and len(context.input(0).shape) == 1 < rank

    def run(x: Arrays) -> NDArray[Any]:
        condition, *values = x
        if along_first:
            condition = condition.reshape(*condition.shape, *[1] * (rank - 1))
        condition, first, second = lined([condition, *values])
        return np.where(condition, first, second)

    return run
