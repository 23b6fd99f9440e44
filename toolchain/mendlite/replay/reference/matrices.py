"""BATCH_MATMUL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import real_product
from mendlite.arith.fixed_point import quantize_multiplier, requantized
from mendlite.model.tensor import DType
from mendlite.prepare.copying import Arrays
from mendlite.prepare.matrices import product_multiplier, turned
from mendlite.replay.reference.broadcasting import lined
from mendlite.replay.reference.context import Context

Run = Callable[[Arrays], NDArray[Any]]


def prepare_batch_matmul(context: Context) -> Run:
    """BATCH_MATMUL: int8 sums are exact in float64; float32 ones to the last bit of float32."""
    turns = turned(context.preparation)

    def factors(x: Arrays) -> list[NDArray[np.float64]]:
        return [
            (v.swapaxes(-1, -2) if turn else v).astype(np.float64)
            for v, turn in zip(lined(x), turns, strict=True)
        ]

    if context.output.dtype is DType.FLOAT32:
        return lambda x: real_product(*factors(x)).astype(np.float32)
    zeros = context.input(0).zero_point, context.input(1).zero_point
    by = quantize_multiplier(product_multiplier(context.preparation), context.rounding)
    rounding, zero_point = context.rounding, context.output.zero_point

    def run(x: Arrays) -> NDArray[Any]:
        first, second = (v - zero for v, zero in zip(factors(x), zeros, strict=True))
        steps = requantized((first @ second).astype(np.int64), by, rounding, zero_point)
        return np.clip(steps, -128, 127).astype(np.int8)

    return run
