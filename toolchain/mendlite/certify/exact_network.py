"""A model as an exact dense network."""

from __future__ import annotations

import numpy as np

from mendlite.arith.requantize import accumulator_threshold
from mendlite.certify.bounds.exact import ExactNetwork, IntegerLayer, RealLayer
from mendlite.certify.lowering.lower import SAME_VALUES
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.operator_kinds import CONVERSIONS
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import bias_of, make_requantizer, weight_matrix
from mendlite.tflite.logits import logits_tensor


def exact_network(model: Model, profile: Profile) -> ExactNetwork:
    """The layers to the logits; raises UnsupportedModelError for anything but dense layers."""
    program, end = prepare(model, profile), logits_tensor(model)
    program.require_own_kernels("z3 supports none")
    layers: list[IntegerLayer | RealLayer] = []
    for operator in model.operators:
        if operator.op in SAME_VALUES | CONVERSIONS:
            continue
        if operator.op != "FULLY_CONNECTED":
            raise UnsupportedModelError(
                f"operator {operator.index} {operator.op}: z3 supports dense layers only"
            )
        context = program.context(operator.index)
        real = context.output.dtype is DType.FLOAT32
        layers.append(_real(context) if real else _integer(context))
        if end in operator.outputs:
            break
    kinds = {type(layer) for layer in layers}
    if len(kinds) != 1:
        raise UnsupportedModelError("z3 supports networks of one type throughout")
    return tuple(layers)  # type: ignore[return-value]


def _real(context: Context) -> RealLayer:
    weights = weight_matrix(context).T.astype(np.float64)
    bias = bias_of(context)
    low, high = context.fused_range()
    added = np.zeros(len(weights)) if bias is None else bias.astype(np.float64)
    return RealLayer(weights=weights, bias=added, low=low, high=high)


def _integer(context: Context) -> IntegerLayer:
    weights = weight_matrix(context).T.astype(np.int64)
    bias = bias_of(context)
    requantizer = make_requantizer(context)
    values = np.arange(requantizer.low + 1, requantizer.high + 1)
    channel = np.repeat(np.arange(len(weights)), values.size)
    thresholds = accumulator_threshold(requantizer, channel, np.tile(values, len(weights)))
    return IntegerLayer(
        weights=weights,
        bias=np.zeros(len(weights), np.int64) if bias is None else bias.astype(np.int64),
        thresholds=thresholds.reshape(len(weights), -1),
        input_zero=context.input(0).zero_point,
        low=requantizer.low,
        scale=context.output.scale,
        zero_point=context.output.zero_point,
    )
