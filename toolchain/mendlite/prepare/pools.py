"""AVERAGE_POOL_2D, MAX_POOL_2D (``pooling.cc``) and MEAN (``reduce.cc``)."""

from __future__ import annotations

from math import prod

from mendlite.model.tensor import STORED, DType
from mendlite.prepare.multipliers import require_multiplier
from mendlite.prepare.reductions import axes_of, reduced_shape
from mendlite.prepare.view import Inferred, Preparation, described
from mendlite.prepare.windows import require_rank, strides, window_output

NEAR = 1e-6
"""How far the scales of a pool's input and output may be apart."""

SUMMED_BELOW = {DType.INT16: 2**16}
"""Values that are summed into one int32: fewer than 2^31 / 2^15, of 8 bits 2^31 / 2^8."""


def pool(view: Preparation) -> Inferred:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    view.require_count(1)
    source = view.input(0)
    dtype = view.require_one_type(*STORED, DType.FLOAT32)
    require_rank(view, source.shape, 4, "input")
    batch, height, width, channels = source.shape
    size = view.option("filter_h"), view.option("filter_w")
    window = window_output(view, (height, width), size, strides(view), (1, 1))
    if view.output.dtype is dtype:
        view.require_fused()
        _require_near(view)
    if view.operator.op == "AVERAGE_POOL_2D" and dtype in STORED:
        require_countable(view, min(size[0], height) * min(size[1], width))
    return Inferred(shape=(batch, *window, channels), dtype=dtype)


def _require_near(view: Preparation) -> None:
    source = view.input(0)
    if source.dtype not in STORED:
        return
    given, needed = view.quantized(source), view.quantized(view.output)
    if abs(given[0] - needed[0]) > NEAR or given[1] != needed[1]:
        raise view.wrong(
            f"its input, {described(source)}, has scale {given[0]:g} and zero-point {given[1]}, "
            f"its output, {described(view.output)}, {needed[0]:g} and {needed[1]}: a pool"
            " does not rescale"
        )


def require_countable(view: Preparation, count: int) -> None:
    """Raise UnsupportedModelError where an int32 sum of so many values may wrap."""
    if count >= SUMMED_BELOW.get(view.input(0).dtype, 2**23):
        raise view.unsupported(f"a mean of {count} values may leave int32")


def mean(view: Preparation) -> Inferred:
    """MEAN: axes go, or stay as 1."""
    view.require_count(2)
    source = view.input(0)
    view.require_type(source, *STORED, DType.FLOAT32)
    axes, shape = axes_of(view), reduced_shape(view)
    if source.dtype is not DType.FLOAT32 and view.output.dtype is source.dtype:
        view.require_symmetric()
        require_countable(view, prod(source.shape[a] for a in axes))
        scales = view.quantized(source)[0], view.quantized(view.output)[0]
        require_multiplier(view, scales[0] / scales[1], "s_x / s_y")
    return Inferred(shape=shape, dtype=source.dtype)
