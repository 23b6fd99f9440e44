"""SOFTMAX, LOG_SOFTMAX, LOGISTIC, TANH and the RELUs.

Sources: ``activations.cc`` and TFLite Micro's ``*_common.cc``.
"""

from __future__ import annotations

from math import isfinite

from mendlite.arith import log_softmax as log_softmax_of
from mendlite.arith.wide_curves import NEAR_POWER, from_power_of_two
from mendlite.arith.wide_softmax import softmax_multiplier
from mendlite.model.graph import FUSED
from mendlite.model.tensor import STORED, UINT8_OFFSET, DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.view import EIGHT_BITS, Inferred, Preparation, described

CLASSES_BELOW = 8192
"""Exponentials up to 2^19 whose sum an unsigned 32-bit number holds."""

CURVE_SCALES = 2.0**-28, 8.0
"""Input scales of LOGISTIC and TANH whose multiplier s_x 2^27 is shifted left by 0 to 30 bits."""

WIDE_CURVE_SCALE = 2.6
"""Input scales of int16 LOGISTIC and TANH up to which 12288 s_x is below 2^15."""


def _same(view: Preparation, *types: DType) -> Inferred:
    view.require_count(1)
    dtype = view.require_one_type(*types)
    return Inferred(shape=view.input(0).shape, dtype=dtype)


def _is_whole(view: Preparation) -> bool:
    """Whether input and output are of one 8-bit type."""
    return view.input(0).dtype is view.output.dtype and view.output.dtype in EIGHT_BITS


def _require_output(view: Preparation, scale: float, zero_point: int) -> None:
    """Raise unless the output has this scale and the zero-point of the same values in its type."""
    raised = UINT8_OFFSET if view.output.dtype is DType.UINT8 else 0
    view.require_parameters(view.output, scale, zero_point + raised)


def softmax(view: Preparation) -> Inferred:
    """SOFTMAX over the last axis (PreprocessSoftmaxScaling aborts below a multiplier of 1)."""
    inferred = _same(view, *STORED, DType.FLOAT32)
    if view.output.dtype is DType.INT16 and view.input(0).dtype is not DType.INT16:
        raise view.unsupported("an int16 output")
    shape, beta = view.input(0).shape, view.operator.options.get("beta")
    if not shape:
        raise view.wrong(f"its input, {described(view.input(0))}, has no axis")
    if not isinstance(beta, int | float) or not isfinite(beta) or beta <= 0:
        raise view.wrong(f"its beta is {beta}: it must be positive")
    if _is_whole(view):
        _require_output(view, 1 / 256, -128)
        scale, _ = view.quantized(view.input(0))
        if not beta * scale * 2**26 > 1:
            raise view.wrong(f"its beta {beta:g} times its input's scale {scale:g} is below 2^-26")
        if shape[-1] >= CLASSES_BELOW:
            raise view.undefined(f"the sum of {shape[-1]} exponentials may leave 32 bits")
    if view.input(0).dtype is DType.INT16:
        _require_wide_softmax(view, float(beta))
    return inferred


def log_softmax(view: Preparation) -> Inferred:
    """LOG_SOFTMAX over the last axis, of 8 bits or of float32."""
    inferred = _same(view, *EIGHT_BITS, DType.FLOAT32)
    shape = view.input(0).shape
    if not shape:
        raise view.wrong(f"its input, {described(view.input(0))}, has no axis")
    if _is_whole(view):
        _require_output(view, log_softmax_of.SCALE, log_softmax_of.ZERO_POINT)
        scale, _ = view.quantized(view.input(0))
        if log_softmax_of.input_multiplier(scale)[1] < log_softmax_of.LEAST_SHIFT:
            raise view.unsupported(f"its input's scale {scale:g} is below 2^-25")
        if shape[-1] >= log_softmax_of.TERMS_BELOW:
            raise view.undefined(f"the sum of {shape[-1]} exponentials may leave 32 bits")
    return inferred


def _require_wide_softmax(view: Preparation, beta: float) -> None:
    """What SoftmaxInt16 needs: fixed outputs, and differences and sums that int32 holds."""
    view.require_symmetric()
    view.require_parameters(view.output, 2.0**-15, 0)
    real = softmax_multiplier(view.quantized(view.input(0))[0], beta)
    if not real < 2.0**15:
        raise view.undefined(f"its input's scale times beta is {real:g} steps of 10 / 65535")
    if view.input(0).shape[-1] >= 2**16:
        raise view.undefined(f"the sum of {view.input(0).shape[-1]} exponentials may leave int32")


def _curve(view: Preparation, scale: float, zero_point: int) -> Inferred:
    inferred = _same(view, *STORED, DType.FLOAT32)
    if view.input(0).dtype is DType.INT16:
        _require_wide_curve(view)
    if _is_whole(view):
        _require_output(view, scale, zero_point)
        input_scale, _ = view.quantized(view.input(0))
        if not CURVE_SCALES[0] <= input_scale < CURVE_SCALES[1]:
            raise view.wrong(
                f"its input, {described(view.input(0))}, has scale {input_scale:g}: outside "
                "2^-28 to 8"
            )
    return inferred


def _require_wide_curve(view: Preparation) -> None:
    """INT16 curves have outputs of scale 2^-15, and inputs of less than 2.6 a step."""
    view.require_symmetric()
    view.require_parameters(view.output, 2.0**-15, 0)
    scale, _ = view.quantized(view.input(0))
    away = from_power_of_two(scale)[1]
    if not scale < WIDE_CURVE_SCALE or abs(away - NEAR_POWER) < NEAR_POWER / 100:
        raise view.unsupported(f"an INT16 input of scale {scale:g}")


def logistic(view: Preparation) -> Inferred:
    """LOGISTIC: outputs of 8 bits have scale 1/256 and their smallest value as zero-point."""
    return _curve(view, 1 / 256, -128)


def tanh(view: Preparation) -> Inferred:
    """TANH: outputs of 8 bits have scale 1/128 and zero-point 0, of uint8 128."""
    return _curve(view, 1 / 128, 0)


def relu(view: Preparation) -> Inferred:
    """RELU, RELU6 and RELU_N1_TO_1."""
    inferred = _same(view, *EIGHT_BITS, DType.FLOAT32)
    if _is_whole(view):
        require_ratio(view)
        for tensor in (view.input(0), view.output):
            view.require_bounds(tensor, FUSED[view.operator.op])
    return inferred


def require_ratio(view: Preparation) -> None:
    """Raise MalformedModelError where s_x / s_y is no multiplier."""
    scales = view.quantized(view.input(0))[0], view.quantized(view.output)[0]
    require_multiplier(view, scales[0] / scales[1], "s_x / s_y")
