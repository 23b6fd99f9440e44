"""LEAKY_RELU, HARD_SWISH, ELU, GELU, EXP, LOG, SQRT and RSQRT.

Sources: ``activations.cc``, ``elementwise.cc``, ``exp.cc``, ``gelu.cc`` and TFLite Micro's. Each is a table
of all stored inputs, made once.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.float_tables import elu, float_table, gelu, gelu_by_tanh, sqrt_table
from mendlite.arith.steps import (
    Steps,
    hard_swish,
    hard_swish_exponent,
    hard_swish_ratio,
    inverse_square_root,
    leaky,
)
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.view import Inferred, Preparation

Table = NDArray[Any]

POSITIVE = frozenset({"SQRT", "RSQRT"})
"""Operators that no runtime runs on values below 0."""

TYPES: Mapping[str, tuple[DType, ...]] = {
    "LEAKY_RELU": (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32),
    "HARD_SWISH": (DType.INT8, DType.UINT8, DType.FLOAT32),
    "ELU": (DType.INT8, DType.FLOAT32),
    "GELU": (DType.INT8, DType.FLOAT32),
    "EXP": (DType.INT8, DType.FLOAT32),
    "LOG": (DType.INT8, DType.FLOAT32),
    "SQRT": (DType.INT8, DType.FLOAT32),
    "RSQRT": (DType.INT8, DType.FLOAT32),
}


def curve(view: Preparation) -> Inferred:
    """Any of them: the output has the input's shape and type."""
    view.require_count(1)
    dtype = view.require_one_type(*TYPES[view.operator.op])
    if dtype is view.output.dtype and dtype is not DType.FLOAT32:
        table_of(view)
    return Inferred(shape=view.input(0).shape, dtype=dtype)


def steps_of(view: Preparation) -> Steps:
    """The quantization of input and output; int16 without zero-points."""
    if view.output.dtype is DType.INT16:
        view.require_symmetric()
    (scale, zero), (output, output_zero) = map(view.quantized, (view.input(0), view.output))
    return Steps(
        scale=scale,
        zero_point=zero,
        output_scale=output,
        output_zero_point=output_zero,
        rounding=view.rounding,
    )


def table_of(view: Preparation) -> Table:
    """The outputs of all stored inputs, from the type's smallest on.

    Raises UnsupportedModelError where an entry is not sure, MalformedModelError where a multiplier
    does not fit.
    """
    low, high = view.output.dtype.ends
    values = np.arange(low, high + 1, dtype=np.int64)
    outputs = TABLES[view.operator.op](view, steps_of(view), values)
    return np.clip(outputs, low, high).astype(view.output.dtype.numpy)


def alpha_of(view: Preparation) -> float:
    """The slope of LEAKY_RELU below 0."""
    alpha = view.operator.options.get("alpha")
    if not isinstance(alpha, float) or not np.isfinite(alpha):
        raise view.unsupported(f"its alpha is {alpha}")
    return alpha


def _leaky(view: Preparation, steps: Steps, values: NDArray[np.int64]) -> Table:
    alpha = alpha_of(view)
    if alpha < 0:
        raise view.unsupported(f"its alpha is {alpha:g}: its multiplier is negative")
    with np.errstate(over="ignore"):  # an infinite ratio is refused below
        ratio = float(np.float32(steps.scale) / np.float32(steps.output_scale))
    require_multiplier(view, ratio, "s_x / s_y")
    require_multiplier(view, ratio * alpha, "s_x alpha / s_y")
    return leaky(steps, values, alpha)


def _hard_swish(view: Preparation, steps: Steps, values: NDArray[np.int64]) -> Table:
    require_multiplier(view, hard_swish_ratio(steps.scale, steps.output_scale), "s_x / (128 s_y)")
    exponent = hard_swish_exponent(steps.scale, steps.output_scale)
    if exponent > 0:
        raise view.wrong(
            f"its multiplier s_x / (128 s_y) is 2^{exponent} or more: it must be below 1"
        )
    require_multiplier(view, steps.scale * 32768 / 384, "256 s_x / 3")
    return hard_swish(steps, values)


def _rsqrt(view: Preparation, steps: Steps, values: NDArray[np.int64]) -> Table:
    if view.profile is Profile.TFLITE_REF:
        root = np.sqrt(np.float32(steps.scale)) * np.float32(steps.output_scale)
        real = float(1.0 / np.float64(root))
    else:
        real = float(1.0 / (np.sqrt(np.float64(steps.scale)) * steps.output_scale))
    require_multiplier(view, real, "1 / (sqrt(s_x) s_y)")
    return inverse_square_root(steps, values, real)


def _sqrt(view: Preparation, steps: Steps, _values: NDArray[np.int64]) -> Table:
    return _sure(view, sqrt_table(steps))


def _by_float(
    real: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Callable[[Preparation, Steps, NDArray[np.int64]], Table]:
    def make(view: Preparation, steps: Steps, _values: NDArray[np.int64]) -> Table:
        return _sure(view, float_table(real, steps))

    return make


def _sure(view: Preparation, table: Table | None) -> Table:
    if table is None:
        raise view.unsupported("a value of its table is too near a tie or too large")
    return table


def _gelu(view: Preparation, steps: Steps, _values: NDArray[np.int64]) -> Table:
    return _sure(view, float_table(gelu_of(view), steps))


def gelu_of(view: Preparation) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The curve that the option chooses."""
    return gelu_by_tanh if view.operator.options.get("approximate", 0) else gelu


def _log(view: Preparation, steps: Steps, _values: NDArray[np.int64]) -> Table:
    """Not above 0 the smallest output."""
    least = float(np.float32(-128 - steps.output_zero_point) * np.float32(steps.output_scale))

    def real(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(x > 0, elementary.log(np.maximum(x, 1e-300)), least)

    return _sure(view, float_table(real, steps))


TABLES: Mapping[str, Callable[[Preparation, Steps, NDArray[np.int64]], Table]] = {
    "LEAKY_RELU": _leaky,
    "HARD_SWISH": _hard_swish,
    "ELU": _by_float(elu),
    "GELU": _gelu,
    "EXP": _by_float(elementary.exp),
    "LOG": _log,
    "SQRT": _sqrt,
    "RSQRT": _rsqrt,
}
"""Stored outputs, before the clamp, of all stored inputs."""
