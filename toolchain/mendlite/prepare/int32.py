"""Layers whose accumulators may wrap: they are replayed, and not repaired."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.preparation import effective_scale
from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.arith.requantize import may_leave_int32
from mendlite.arith.wide_requantize import may_leave_int64
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import bias_of, steps_from_zero
from mendlite.model.tensor import DType


def wrapping_channels(model: Model, layer: Layer) -> NDArray[np.int64]:
    """Channels of an integer layer whose accumulators may wrap under any rounding profile.

    Either sum |w| max |x - z| + |b| comes to 2^31, or it does once shifted left
    (``MultiplyByQuantizedMultiplier``). int64 accumulators, of int16 activations, have the bounds
    of ``may_leave_int64``. Empty for layers of other types.
    """
    weights, source = model.tensors[layer.weights], model.tensors[layer.input]
    output = model.tensors[layer.output]
    quants = source.quant, weights.quant, output.quant
    ends = {source.dtype, output.dtype}
    whole = weights.dtype.is_weight and ends in ({DType.INT8}, {DType.UINT8}, {DType.INT16})
    if not whole or weights.data is None:
        return np.zeros(0, np.int64)
    if quants[0] is None or quants[1] is None or quants[2] is None:
        return np.zeros(0, np.int64)
    farthest = farthest_from(int(quants[0].zero_point[0]), source.dtype.ends)
    reach = accumulator_reach(steps_from_zero(model, layer).T, bias_of(model, layer), farthest)
    real = effective_scale(
        float(quants[0].scale[0]), quants[1].scale, float(quants[2].scale[0]), narrow=False
    )
    leaves = may_leave_int64 if sums_in_int64(model, layer) else may_leave_int32
    wraps = leaves(reach, *quantize_multiplier(real))
    return np.flatnonzero(np.broadcast_to(wraps, reach.shape))


def sums_in_int64(model: Model, layer: Layer) -> bool:
    """Whether no profile sums the layer in int32."""
    if model.tensors[layer.input].dtype is not DType.INT16:
        return False
    if layer.bias is not None:
        return model.tensors[layer.bias].dtype is DType.INT64
    return model.operators[layer.index].options.get("quantized_bias_type") != "INT32"


def wrapping_layers(model: Model) -> Iterator[str]:
    """A sentence for each layer whose accumulators may leave int32."""
    for layer in model.layers:
        channels = wrapping_channels(model, layer)
        if channels.size:
            yield (
                f"layer {layer.number} '{layer.name}': the accumulator of channel {channels[0]} "
                f"may leave {_sum(model, layer)} ({channels.size} of {layer.channels} channels)"
            )


def _sum(model: Model, layer: Layer) -> str:
    return "int64's bounds" if sums_in_int64(model, layer) else "int32"


def require_int32(model: Model) -> None:
    """Raise UnsupportedModelError, naming layer and channel, where an accumulator may wrap."""
    for reason in wrapping_layers(model):
        raise UnsupportedModelError(f"{reason}: such a layer is replayed, but not repaired")
