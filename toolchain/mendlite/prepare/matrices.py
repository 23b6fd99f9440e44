"""BATCH_MATMUL (``batch_matmul.cc``)."""

from __future__ import annotations

import numpy as np

from mendlite.arith.preparation import effective_scale
from mendlite.model.tensor import DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.pairwise import broadcast, scales_of
from mendlite.prepare.view import Inferred, Preparation

MOST_TERMS = 2**15
"""Products of two int8 differences, up to 255^2, whose sum stays in int32: fewer than these."""


def turned(view: Preparation) -> tuple[bool, bool]:
    """Whether the first, and the second matrix is turned."""
    options = view.operator.options
    return bool(options.get("adj_x", 0)), bool(options.get("adj_y", 0))


def product_multiplier(view: Preparation) -> float:
    """s_1 s_2 / s_y (``GetQuantizedConvolutionMultipler``), s_1 s_2 as the profile has it."""
    first, second, output = scales_of(view)
    narrow = view.profile.narrow_product("BATCH_MATMUL")
    return float(effective_scale(first, np.array([second]), output, narrow=narrow)[0])


def batch_matmul(view: Preparation) -> Inferred:
    """BATCH_MATMUL of int8 or float32: all axes but the last two broadcast."""
    view.require_count(2)
    dtype = view.require_one_type(DType.INT8, DType.FLOAT32)
    shapes = [view.input(slot).shape for slot in range(2)]
    if min(map(len, shapes)) < 2 or max(map(len, shapes)) > 5:
        raise view.wrong(
            f"shapes {list(shapes[0])} and {list(shapes[1])} are no matrices of rank 2 to 5"
        )
    ends = [
        (shape[-1], shape[-2]) if turn else (shape[-2], shape[-1])
        for shape, turn in zip(shapes, turned(view), strict=True)
    ]
    if ends[0][1] != ends[1][0]:
        raise view.wrong(f"matrices {list(ends[0])} and {list(ends[1])} do not multiply")
    if view.output.dtype is dtype is DType.INT8:
        if ends[0][1] >= MOST_TERMS:
            raise view.unsupported(f"the sum of {ends[0][1]} products may leave int32")
        require_multiplier(view, product_multiplier(view), "s_1 s_2 / s_y")
    lead = broadcast(view, shapes[0][:-2], shapes[1][:-2])
    return Inferred(shape=(*lead, ends[0][0], ends[1][1]), dtype=dtype)
