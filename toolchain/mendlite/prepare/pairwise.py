"""ADD, SUB and MUL (``add.cc``, ``sub.cc``, ``mul.cc``; CalculateShapeForBroadcast)."""

from __future__ import annotations

import numpy as np

from mendlite.arith.wide_curves import NEAR_POWER, from_power_of_two
from mendlite.model.rounding import Profile
from mendlite.model.tensor import STORED, DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.view import Inferred, Preparation, Shape

LEFT_SHIFTS = {DType.INT8: 20, DType.UINT8: 20, DType.INT16: 15}
"""Bits of headroom of the inputs in ADD and SUB."""

WHOLE_NUMBERS = (DType.INT32, DType.INT64)
"""Types without scales, whose sums and products wrap."""


def pairwise(view: Preparation) -> Inferred:
    """ADD, SUB and MUL of 8 bits, int16, float32 or whole numbers, with broadcasting."""
    view.require_count(2)
    dtype = view.require_one_type(*STORED, DType.FLOAT32, *WHOLE_NUMBERS)
    shape = broadcast(view, view.input(0).shape, view.input(1).shape)
    _require_scales(view, dtype)
    if view.output.dtype is dtype:
        view.require_fused()
        if dtype in WHOLE_NUMBERS and view.text_option("activation", "NONE") != "NONE":
            raise view.unsupported(f"a fused activation of {dtype.value} values")
        if dtype in STORED:
            _require_multipliers(view)
        if dtype is DType.INT16:
            _require_general(view)
    return Inferred(shape=shape, dtype=dtype)


def _require_scales(view: Preparation, dtype: DType) -> None:
    """Raise UnsupportedModelError for a product with a constant that has no scale, or 0.

    The runtimes multiply by 0 then; ADD and SUB abort.
    """
    constants = [t for t in (view.input(0), view.input(1)) if t.data is not None]
    if view.operator.op == "MUL" and dtype in STORED and any(t.quant is None for t in constants):
        raise view.unsupported("a constant of scale 0")


def broadcast(view: Preparation, first: Shape, second: Shape) -> Shape:
    """The common shape, aligned at the last axis; raises MalformedModelError without."""
    rank = max(len(first), len(second))
    pairs = [(1,) * (rank - len(shape)) + shape for shape in (first, second)]
    if any(a != b and 1 not in (a, b) for a, b in zip(*pairs, strict=True)):
        raise view.wrong(f"shapes {list(first)} and {list(second)} do not broadcast")
    return tuple(max(a, b) for a, b in zip(*pairs, strict=True))


def scales_of(view: Preparation) -> tuple[float, float, float]:
    """Those of both inputs and of the output."""
    first, second, output = (
        view.quantized(t)[0] for t in (view.input(0), view.input(1), view.output)
    )
    return first, second, output


def _require_multipliers(view: Preparation) -> None:
    first, second, output = scales_of(view)
    if view.operator.op == "MUL":
        with np.errstate(all="ignore"):
            narrow = np.float32(first) * np.float32(second) / np.float32(output)
        require_multiplier(view, first * second / output, "s_1 s_2 / s_y")
        require_multiplier(view, float(narrow), "s_1 s_2 / s_y")
        return
    # QuantizeMultiplierSmallerThanOneExp aborts from 1 up.
    left = LEFT_SHIFTS[view.output.dtype]
    real = 2.0 * max(first, second) / ((1 << left) * output)
    if not real < 1:
        raise view.wrong(
            f"its multiplier 2 max(s_1, s_2) / (2^{left} s_y) is {real:g}, not below 1"
        )


def _require_general(view: Preparation) -> None:
    """Raise UnsupportedModelError where LiteRT adds INT16 values by shifts alone.

    It does where all scales are powers of two and the file permits it (``pot_scale_int16``).
    """
    view.require_symmetric()
    if view.operator.op == "MUL" or view.profile is not Profile.TFLITE_REF:
        return
    near = all(from_power_of_two(scale)[1] < 2 * NEAR_POWER for scale in scales_of(view))
    if near and view.operator.options.get("pot_scale_int16", 1):
        raise view.unsupported("INT16 values whose scales are powers of two")
