"""An affine node out of one operator: its clamp, its noise, and what is refused."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.maps import Map
from mendlite.certify.bounds.network import Affine
from mendlite.errors import UnsupportedModelError
from mendlite.model.operator_view import refused
from mendlite.model.tensor import DType, Tensor
from mendlite.replay.reference.context import Context


def refusal_of(context: Context, why: str) -> UnsupportedModelError:
    """The error that names the operator which is not verified."""
    return refused(context.operator, why, "certify does not verify it")


def is_float(context: Context) -> bool:
    """Whether an operator's output is float32."""
    return context.output.dtype is DType.FLOAT32


def require_one_type(context: Context, types: tuple[Tensor, ...]) -> None:
    """One type throughout: all int8, or all float32."""
    kinds = {t.dtype for t in types}
    if kinds not in ({DType.INT8}, {DType.FLOAT32}):
        raise refusal_of(context, "types " + ", ".join(t.dtype.value for t in types))


def require_same_steps(context: Context) -> None:
    """Bytes that are moved or compared stand for the same real values before and after."""
    quants = [t.quant for t in (context.input(0), context.output)]
    if quants[0] is None or quants[1] is None or is_float(context):
        return
    pairs = [(float(q.scale[0]), int(q.zero_point[0])) for q in quants if q is not None]
    if pairs[0] != pairs[1]:
        raise refusal_of(context, "its output is quantized otherwise than its input")


def clamp_of(context: Context, size: int) -> tuple[Floats, Floats, float | None]:
    """Real bounds of an operator's clamp, and its output's step."""
    if is_float(context):
        low, high = context.fused_range()
        return np.full(size, low), np.full(size, high), None
    scale, zero = context.output.scale, context.output.zero_point
    low, high = context.output_range()
    return np.full(size, scale * (low - zero)), np.full(size, scale * (high - zero)), scale


def affine_node(
    context: Context,
    sources: tuple[int, ...],
    maps: tuple[Map, ...],
    *,
    bias: Floats | None = None,
    noise: tuple[Floats, Floats] | None = None,
    kernel: NDArray[np.int64] | None = None,
) -> Affine:
    """The sums of ``maps`` over the nodes ``sources``, plus ``bias``, clamped as the operator does.

    ``noise`` are f64[N] below and above what rounding adds; ``kernel`` i64[N, k] names what an
    output rounds by: equal rows with equal inputs have equal outputs.
    """
    size = maps[0].shape[0]
    low, high, step = clamp_of(context, size)
    none = np.zeros(size)
    return Affine(
        name=f"operator {context.operator.index} {context.operator.op}",
        sources=sources,
        maps=maps,
        bias=none if bias is None else bias,
        noise=Interval(lower=none, upper=none)
        if noise is None
        else Interval(lower=np.broadcast_to(noise[0], size), upper=np.broadcast_to(noise[1], size)),
        low=low,
        high=high,
        step=step,
        kernel=np.full((size, 1), _fingerprint(context)) if kernel is None else kernel,
    )


def _fingerprint(context: Context) -> int:
    """A number of everything that an operator without weights rounds by."""
    operator = context.operator
    tensors = [context.model.tensors[t] for t in (*operator.inputs, *operator.outputs) if t >= 0]
    quants = [
        (t.quant.scale.tolist(), t.quant.zero_point.tolist())
        for t in tensors
        if t.quant is not None
    ]
    text = repr((operator.op, sorted(operator.options.items()), quants))
    return int.from_bytes(sha256(text.encode()).digest()[:7], "little")
