"""MINIMUM, MAXIMUM, SQUARED_DIFFERENCE, PRELU, DIV and CAST.

Sources: ``maximum_minimum.cc``, ``squared_difference.cc``, ``activations.cc``, ``div.cc``, ``cast.cc``.
"""  # noqa: E501

from __future__ import annotations

import numpy as np

from mendlite.arith.squared_difference import squared_output_multiplier
from mendlite.model.rounding import Profile
from mendlite.model.tensor import STORED, DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.pairwise import broadcast, scales_of
from mendlite.prepare.view import Inferred, Preparation

NUMBERS = (DType.FLOAT32, DType.INT32, DType.INT64)

WHOLE = (*STORED, DType.INT32, DType.INT64, DType.BOOL)
"""Types between which CAST changes no value that fits."""


def _pair(view: Preparation, *types: DType) -> Inferred:
    view.require_count(2)
    dtype = view.require_one_type(*types)
    return Inferred(shape=broadcast(view, view.input(0).shape, view.input(1).shape), dtype=dtype)


def extreme(view: Preparation) -> Inferred:
    """MINIMUM and MAXIMUM: of the stored values, whatever their scales."""
    return _pair(view, *STORED, *NUMBERS)


def squared_difference(view: Preparation) -> Inferred:
    """SQUARED_DIFFERENCE of int8, int32 or float32."""
    inferred = _pair(view, DType.INT8, DType.INT32, DType.FLOAT32)
    if view.output.dtype is inferred.dtype is DType.INT8:
        real = squared_output_multiplier(scales_of(view))
        require_multiplier(view, real, "4 max(s_1, s_2)^2 / (2^14 s_y)")
    return inferred


def prelu_multipliers(view: Preparation) -> tuple[float, float]:
    """(s_x / s_y, s_x s_a / s_y): in float32, in TFLite Micro in double."""
    real = np.float32 if view.profile is Profile.TFLITE_REF else np.float64
    scale, alpha, output = (real(s) for s in scales_of(view))
    return float(scale / output), float(scale * alpha / output)


def prelu(view: Preparation) -> Inferred:
    """PRELU: the slopes below 0 are an input, which broadcasts."""
    inferred = _pair(view, DType.INT8, DType.FLOAT32)
    if view.output.dtype is inferred.dtype is DType.INT8:
        for real, what in zip(prelu_multipliers(view), ("s_x / s_y", "s_x s_a / s_y"), strict=True):
            require_multiplier(view, real, what)
    if inferred.shape != view.input(0).shape:
        raise view.wrong(
            f"its slopes of shape {list(view.input(1).shape)} do not fit "
            f"{list(view.input(0).shape)}"
        )
    return inferred


def divide(view: Preparation) -> Inferred:
    """DIV of float32."""
    inferred = _pair(view, DType.FLOAT32)
    view.require_fused()
    return inferred


def cast(view: Preparation) -> Inferred:
    """CAST to the output's type; of float32 only where each value of the source has one."""
    view.require_count(1)
    source, output = view.input(0), view.output
    view.require_type(source, *WHOLE, DType.FLOAT32)
    view.require_type(output, *WHOLE, DType.FLOAT32)
    if source.dtype is DType.FLOAT32 and output.dtype is not DType.FLOAT32:
        raise view.unsupported(f"{source.dtype.value} to {output.dtype.value}")
    return Inferred(shape=source.shape, dtype=output.dtype)
