"""Global AVERAGE_POOL_2D operators that may become MEAN with an output range of their own.

The int8 kernel of AVERAGE_POOL_2D (``pooling.cc``) needs equal parameters at both ends, that of
MEAN (``reduce.cc``) does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mendlite.model.global_means import is_global_pool
from mendlite.model.graph import FUSED, Model, Operator
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.common_range import CommonRanges


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalPool:
    """A pool over all positions, and the tensors that share its output's parameters.

    ``tensors`` end where an operator computes with parameters of its own.
    """

    operator: Operator
    tensors: tuple[int, ...]


def why_not_mean(model: Model, operator: Operator) -> str:
    """Why a global pool must stay as it is; empty where it may become MEAN."""
    return next(_reasons(model, operator), "")


def _reasons(model: Model, operator: Operator) -> Iterator[str]:
    source, output = (model.tensors[t] for t in (operator.inputs[0], operator.outputs[0]))
    if source.dtype is not DType.INT8 or output.dtype is not DType.INT8:
        yield "its values are not int8"
    if source.quant is None or source.quant.per_channel:
        yield "its input has no single scale"
    elif _clips(source, str(operator.options.get("activation", "NONE"))):
        yield f"its fused {operator.options['activation']} clips"
    own = _behind(model, operator)
    if operator.inputs[0] in own:
        yield "its input and output meet again in an operator that needs one scale for both"
    if own & {*model.inputs, *model.outputs}:
        yield "its values are an output of the graph"
    if any(model.tensors[t].quant is None for t in own):
        yield "a tensor behind it has no scale"


def global_pools(model: Model) -> tuple[GlobalPool, ...]:
    """The pools that may become MEAN, in execution order."""
    return tuple(
        GlobalPool(operator=operator, tensors=tuple(sorted(_behind(model, operator))))
        for operator in model.operators
        if is_global_pool(model, operator) and not why_not_mean(model, operator)
    )


def _clips(source: Tensor, activation: str) -> bool:
    """Whether a fused activation changes a mean of values that ``source`` can hold."""
    if activation not in FUSED:
        return True
    low, high = FUSED[activation]
    ends = (source.scale * (end - source.zero_point) for end in source.dtype.ends)
    return next(ends) < low or next(ends) > high


def _behind(model: Model, pool: Operator) -> frozenset[int]:
    """The tensors that have the parameters of the pool's output without the pool."""
    output = pool.outputs[0]
    return CommonRanges.of(model).around(output, {(pool.index, output)})
