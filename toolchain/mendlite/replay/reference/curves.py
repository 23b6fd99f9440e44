"""Operators of one input: LEAKY_RELU, HARD_SWISH, ELU, GELU, EXP, LOG, SQRT and RSQRT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.float_tables import elu
from mendlite.model.tensor import DType
from mendlite.prepare.curves import POSITIVE, alpha_of, gelu_of, table_of
from mendlite.replay.reference.context import Arrays, Context, Kernel
from mendlite.replay.reference.tables import by_table

Real = Callable[[NDArray[Any]], NDArray[Any]]


def prepare_curve(context: Context) -> Kernel:
    """Any of them: float32, or integers by a table of all inputs."""
    source = context.input(0)
    if source.dtype is DType.FLOAT32:
        real = REAL[context.operator.op](context)
        return lambda x: real(x[0].astype(np.float32)).astype(np.float32)
    look_up = by_table(table_of(context.preparation), np.dtype(source.dtype.numpy))
    zero = source.zero_point
    if context.operator.op not in POSITIVE:
        return look_up

    def run(x: Arrays) -> NDArray[Any]:
        if x[0].min(initial=zero) < zero:
            raise context.preparation.undefined("its input has values below 0")
        return look_up(x)

    return run


def _leaky(context: Context) -> Real:
    alpha = np.float32(alpha_of(context.preparation))
    return lambda x: np.where(x > 0, x, x * alpha)


def _hard_swish(_: Context) -> Real:
    three, six = np.float32(3), np.float32(6)
    return lambda x: x * np.minimum(six, np.maximum(np.float32(0), x + three)) / six


def _through_double(curve: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[Context], Real]:
    return lambda _: lambda x: curve(x.astype(np.float64))


def _gelu(context: Context) -> Real:
    curve = gelu_of(context.preparation)
    return lambda x: curve(x.astype(np.float64))


def _log(x: NDArray[Any]) -> NDArray[Any]:
    return np.where(x < 0, np.nan, elementary.log(np.maximum(x, 0)))


def _sqrt(_: Context) -> Real:
    return np.sqrt


def _rsqrt(_: Context) -> Real:
    return lambda x: np.float32(1) / np.sqrt(x)


REAL: Mapping[str, Callable[[Context], Real]] = {
    "LEAKY_RELU": _leaky,
    "HARD_SWISH": _hard_swish,
    "ELU": _through_double(elu),
    "GELU": _gelu,
    "EXP": _through_double(elementary.exp),
    "LOG": _through_double(_log),
    "SQRT": _sqrt,
    "RSQRT": _rsqrt,
}
"""Each in float32."""
