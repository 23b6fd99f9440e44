"""What a layer with int16 activations sums in, and the bounds within which its result is defined.

Sources: ``conv.cc``, ``depthwise_conv.cc``, ``fully_connected.cc`` and ``transpose_conv.cc`` of
LiteRT and of TFLite Micro.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.arith.wide_requantize import REACH_BELOW, SHIFT_BELOW
from mendlite.model.operator_kinds import bias_slot
from mendlite.model.operator_view import OperatorView
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.view import Preparation, described


def accumulates_in(view: OperatorView) -> DType:
    """INT32 or INT64: the bias's type; without a bias what the file states, else INT64.

    TFLite Micro does not look at what the file states of TRANSPOSE_CONV.
    """
    slot = bias_slot(view.operator.op)
    if view.given(slot):
        return DType.INT32 if view.input(slot).dtype is DType.INT32 else DType.INT64
    looks = view.profile is Profile.TFLITE_REF or view.operator.op == "FULLY_CONNECTED"
    return DType.INT32 if looks and _stated(view) == "INT32" else DType.INT64


def _stated(view: OperatorView) -> str:
    """The option quantized_bias_type."""
    return view.text_option("quantized_bias_type", "FLOAT32")


def require_wide_bias(view: Preparation) -> None:
    """Raise where the kernel of an INT16 layer would read an INT32 bias as INT64, past its end.

    LiteRT goes by the file's option, not by the bias; TFLite Micro's depthwise and transposed
    kernels know INT64 alone.
    """
    slot, op = bias_slot(view.operator.op), view.operator.op
    if not view.given(slot) or view.input(slot).dtype is not DType.INT32:
        return
    bias = described(view.input(slot))
    if view.profile is not Profile.TFLITE_REF:
        misread = op in {"DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}
    elif op == "DEPTHWISE_CONV_2D":
        raise view.unsupported(f"its bias, {bias}, is INT32, not INT64")
    else:
        misread = _stated(view) != "INT32"
    if misread:
        raise view.undefined(f"its bias, {bias}, is INT32, and the kernel reads INT64 there")


def require_wide_multipliers(
    view: Preparation, real: NDArray[np.float64], channel_axis: int
) -> None:
    """Raise UndefinedResultError where an INT64 accumulator leaves the kernel's stated bounds."""
    if accumulates_in(view) is not DType.INT64:
        return
    _, shift = quantize_multiplier(real)
    for channel in np.flatnonzero(shift >= SHIFT_BELOW):
        raise view.undefined(
            f"its multiplier s_x s_w / s_y of channel {channel} is {real[channel]:g}: an INT64 "
            f"accumulator is multiplied by less than 2^{SHIFT_BELOW - 1}"
        )
    weights = np.moveaxis(view.constant(1), channel_axis, -1)
    slot = bias_slot(view.operator.op)
    bias = view.constant(slot).reshape(-1) if view.given(slot) else None
    farthest = farthest_from(0, DType.INT16.ends)
    reach = accumulator_reach(weights.reshape(-1, weights.shape[-1]), bias, farthest)
    for channel in np.flatnonzero(reach >= REACH_BELOW):
        raise view.undefined(
            f"the accumulator of channel {channel} may reach {reach[channel]:g}: the kernel needs "
            "it below 2^47"
        )
