"""REDUCE_MAX, REDUCE_MIN, SUM, ARG_MAX, CUMSUM and L2_NORMALIZATION.

Sources: ``reduce.cc``, ``arg_min_max.cc``, ``cumsum.cc`` and ``l2norm.cc``.
"""

from __future__ import annotations

from math import prod

import numpy as np

from mendlite.arith.mean import sum_multiplier
from mendlite.arith.reach import farthest_from
from mendlite.arith.requantize import may_leave_int32
from mendlite.model.rounding import Profile
from mendlite.model.tensor import STORED, DType
from mendlite.prepare.copying import INDEX
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.view import Inferred, Preparation, Shape, described


def axes_of(view: Preparation) -> tuple[int, ...]:
    """The axes that are reduced, rising."""
    rank = len(view.input(0).shape)
    return tuple(sorted({view.axis(a, rank, "axis") for a in view.numbers(1, "axes")}))


def keeps(view: Preparation) -> bool:
    """Whether reduced axes stay, of extent 1."""
    return bool(view.operator.options.get("keep_dims", 0))


def reduced_shape(view: Preparation) -> Shape:
    """The input's shape; axes that are reduced go, or stay as 1."""
    axes, keep = axes_of(view), keeps(view)
    shape = enumerate(view.input(0).shape)
    return tuple(1 if a in axes else n for a, n in shape if keep or a not in axes)


def _reduced(view: Preparation, *types: DType) -> Inferred:
    view.require_count(2)
    shape = reduced_shape(view)
    view.require_type(view.input(0), *types)
    return Inferred(shape=shape, dtype=view.input(0).dtype)


def extreme(view: Preparation) -> Inferred:
    """REDUCE_MAX and REDUCE_MIN: of the stored values; the output has the input's scale."""
    inferred = _reduced(view, *STORED, *INDEX, DType.FLOAT32)
    if view.output.dtype is inferred.dtype:
        view.require_same_quantization(view.input(0))
    return inferred


def total(view: Preparation) -> Inferred:
    """SUM of int32 and int64, which wraps, of float32, and of int8 and int16, which is scaled."""
    inferred = _reduced(view, *INDEX, DType.FLOAT32, *SCALED)
    if view.output.dtype is inferred.dtype and inferred.dtype in SCALED:
        _require_scaled(view)
    return inferred


SCALED = (DType.INT8, DType.INT16)
"""Types of sums in steps of a scale."""


def _require_scaled(view: Preparation) -> None:
    """Raise where it is not TFLite Micro that sums, or a sum may leave int32."""
    source, output = view.input(0), view.output
    if view.profile is Profile.TFLITE_REF:
        raise view.unsupported(f"LiteRT computes other sums of {source.dtype.value}")
    view.require_symmetric()
    scale, zero = view.quantized(source)
    real = scale / view.quantized(output)[0]
    require_multiplier(view, real, "s_x / s_y")
    count = prod(source.shape[a] for a in axes_of(view))
    reach = count * farthest_from(zero, source.dtype.ends)
    by = (np.array(v, np.int64) for v in sum_multiplier(real, view.rounding))
    if may_leave_int32(reach, *by):
        raise view.unsupported(f"a sum of {count} values may leave int32")


def arg_max(view: Preparation) -> Inferred:
    """ARG_MAX: the first position of the largest value along an axis."""
    view.require_count(2)
    source = view.input(0)
    view.require_type(source, *STORED, DType.INT32, DType.FLOAT32)
    view.require_type(view.output, *INDEX)
    axis = axis_of(view)
    return Inferred(
        shape=(*source.shape[:axis], *source.shape[axis + 1 :]), dtype=view.output.dtype
    )


def axis_of(view: Preparation) -> int:
    """The axis that input 1 states."""
    return view.one_axis(1, len(view.input(0).shape), *INDEX)


def cumulative(view: Preparation) -> Inferred:
    """CUMSUM of float32 or int32."""
    view.require_count(2)
    view.require_type(view.input(0), DType.FLOAT32, DType.INT32)
    axis_of(view)
    return Inferred(shape=view.input(0).shape, dtype=view.input(0).dtype)


def normalized(view: Preparation) -> Inferred:
    """L2_NORMALIZATION along the last axis; int8 outputs have scale 1/128 and zero-point 0."""
    view.require_count(1)
    dtype = view.require_one_type(DType.INT8, DType.FLOAT32)
    if view.text_option("activation", "NONE") != "NONE":
        raise view.unsupported("a fused activation")
    shape = view.input(0).shape
    if not shape:
        raise view.wrong(f"its input, {described(view.input(0))}, has no axis")
    if view.output.dtype is dtype is DType.INT8:
        view.quantized(view.input(0))
        view.require_parameters(view.output, 1 / 128, 0)
        if shape[-1] >= 2**15:
            raise view.unsupported(f"the sum of {shape[-1]} squares may leave int32")
    return Inferred(shape=shape, dtype=dtype)
