"""MINIMUM, MAXIMUM, SQUARED_DIFFERENCE, PRELU, DIV and CAST.

Sources: ``maximum_minimum.cc``, ``squared_difference.cc``, ``activations.cc``, ``div.cc``, ``cast.cc``.
"""  # noqa: E501

from __future__ import annotations

import numpy as np

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.pairwise import BYTES
from mendlite.arith.quotient import Quotient
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
    """DIV of float32, or of int8 by a constant."""
    inferred = _pair(view, DType.FLOAT32, DType.INT8)
    view.require_fused()
    if view.output.dtype is inferred.dtype is DType.INT8:
        _require_quotients(view)
    return inferred


def quotient_multiplier(view: Preparation) -> float:
    """s_1 / (s_2 s_y): in float32, in TFLite Micro in double."""
    real = np.float32 if view.profile is Profile.TFLITE_REF else np.float64
    first, second, output = (real(s) for s in scales_of(view))
    with np.errstate(all="ignore"):
        return float(first / (second * output))


def quotient_of(view: Preparation) -> Quotient:
    """The arithmetic of an int8 DIV."""
    first, second, output = (
        view.quantized(t)[1] for t in (view.input(0), view.input(1), view.output)
    )
    by = quantize_multiplier(quotient_multiplier(view))
    return Quotient(zero_points=(first, second, output), by=by)


def _require_quotients(view: Preparation) -> None:
    """Raise unless every quotient is defined, whatever is divided."""
    divisors = view.input(1).data
    if divisors is None:
        raise view.unsupported("its int8 divisor is computed, and may be 0")
    if view.profile is Profile.SINGLE:
        raise view.unsupported("an int8 quotient where kernels round once")
    real = quotient_multiplier(view)
    require_multiplier(view, real, "s_1 / (s_2 s_y)")
    quotient = quotient_of(view)
    for divisor in np.unique(divisors).astype(np.int64):
        if divisor == quotient.zero_points[1]:
            raise view.undefined("its divisor holds a 0")
        if not quotient.defined(BYTES, divisor).all():
            raise view.undefined(
                f"s_1 / (s_2 s_y) is {real:g}: the kernels shift quotients by less than 0 or more "
                "than 31 bits"
            )


def cast(view: Preparation) -> Inferred:
    """CAST to the output's type; of float32 only where each value of the source has one."""
    view.require_count(1)
    source, output = view.input(0), view.output
    view.require_type(source, *WHOLE, DType.FLOAT32)
    view.require_type(output, *WHOLE, DType.FLOAT32)
    if source.dtype is DType.FLOAT32 and output.dtype is not DType.FLOAT32:
        raise view.unsupported(f"{source.dtype.value} to {output.dtype.value}")
    return Inferred(shape=source.shape, dtype=output.dtype)
