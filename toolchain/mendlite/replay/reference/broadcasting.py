"""MINIMUM, MAXIMUM, SQUARED_DIFFERENCE, PRELU, DIV and CAST, with an axis of samples in front."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.pairwise import BYTES, Pairwise
from mendlite.arith.squared_difference import PairSteps, prelu, squared_difference
from mendlite.model.tensor import DType
from mendlite.prepare.broadcasting import prelu_multipliers, quotient_of
from mendlite.prepare.copying import Arrays
from mendlite.prepare.pairwise import scales_of
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.tables import all_bytes, by_pairs

Run = Callable[[Arrays], NDArray[Any]]


def lined(x: Arrays) -> list[NDArray[Any]]:
    """The arrays with axes of extent 1 behind the samples, so that all have one rank."""
    rank = max(values.ndim for values in x)
    return [v.reshape(len(v), *(1,) * (rank - v.ndim), *v.shape[1:]) for v in x]


def prepare_extreme(context: Context) -> Run:
    """MINIMUM and MAXIMUM."""
    combine = np.minimum if context.operator.op == "MINIMUM" else np.maximum
    return lambda x: combine(*lined(x))


def _pair(context: Context) -> PairSteps:
    tensors = (context.input(0), context.input(1), context.output)
    first, second, output = (t.zero_point for t in tensors)
    return PairSteps(
        scales=scales_of(context.preparation),
        zero_points=(first, second, output),
        rounding=context.rounding,
    )


def _all_bytes(compute: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> Run:
    """An int8 operator as a table of all pairs of bytes."""
    table = np.clip(compute(BYTES[:, None], BYTES), -128, 127).astype(np.int8).reshape(-1)
    pairwise = Pairwise(table=table)
    return lambda x: by_pairs(pairwise, *all_bytes(lined(x)))


def prepare_squared_difference(context: Context) -> Run:
    """SQUARED_DIFFERENCE."""
    if context.output.dtype is not DType.INT8:
        return lambda x: np.square(np.subtract(*lined(x)))
    pair = _pair(context)
    return _all_bytes(lambda a, b: squared_difference(pair, a, b))


def prepare_prelu(context: Context) -> Run:
    """PRELU."""
    if context.output.dtype is not DType.INT8:

        def run(x: Arrays) -> NDArray[Any]:
            values, slopes = lined(x)
            return np.where(values >= 0, values, values * slopes)

        return run
    pair, multipliers = _pair(context), prelu_multipliers(context.preparation)
    return _all_bytes(lambda a, b: prelu(pair, a, b, multipliers))


def prepare_divide(context: Context) -> Run:
    """DIV."""
    if context.output.dtype is DType.INT8:
        quotient, ends = quotient_of(context.preparation), context.output_range()
        return _all_bytes(lambda a, b: np.clip(quotient(a, b), *ends))
    low, high = (np.float32(bound) for bound in context.fused_range())
    return lambda x: np.clip(np.divide(*lined(x)), low, high)


def prepare_cast(context: Context) -> Run:
    """CAST: whole numbers keep their low bits."""
    storage = context.output.dtype.numpy
    return lambda x: x[0].astype(storage)
