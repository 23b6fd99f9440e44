"""Find the layers among a file's operators: those with constant weights."""

from __future__ import annotations

from mendlite.errors import MalformedModelError
from mendlite.model.graph import FUSED, LAYER_OPS, Layer, Operator
from mendlite.model.operator_kinds import activations_slot, bias_slot
from mendlite.model.tensor import DType, Tensor

BIAS_TYPES = {
    DType.INT8: (DType.INT32,),
    DType.UINT8: (DType.INT32,),
    DType.INT16: (DType.INT32, DType.INT64),
    DType.FLOAT32: (DType.FLOAT32,),
}
"""Types of a bias by the type of the input: Prepare of TFLite's conv.cc, depthwise_conv.cc,
fully_connected.cc and transpose_conv.cc. TFLite Micro does not look: it takes the bytes for int32
and reads past their end."""


def require_bias_types(tensors: tuple[Tensor, ...], operators: tuple[Operator, ...]) -> None:
    """Raise MalformedModelError where a bias is of a type that no kernel takes it in."""
    for operator in operators:
        slot = bias_slot(operator.op)
        if operator.op not in LAYER_OPS or len(operator.inputs) <= slot:
            continue
        source, bias = operator.inputs[activations_slot(operator.op)], operator.inputs[slot]
        if source < 0 or bias < 0 or tensors[source].dtype not in BIAS_TYPES:
            continue
        allowed = BIAS_TYPES[tensors[source].dtype]
        if tensors[bias].dtype not in allowed:
            wanted = " or ".join(kind.value for kind in allowed)
            raise MalformedModelError(
                f"operator {operator.index} {operator.op}: its bias, tensor {bias} "
                f"'{tensors[bias].name}', is {tensors[bias].dtype.value}; with "
                f"{tensors[source].dtype.value} inputs the kernels need {wanted}"
            )


def _interpreted(tensors: tuple[Tensor, ...], operator: Operator, bias: int) -> str | None:
    """Why mendlite's kernels do not run a layer with integer weights, whatever the profile."""
    source = tensors[operator.inputs[activations_slot(operator.op)]]
    weights, options = tensors[operator.inputs[1]], operator.options
    wanted = (
        (DType.UINT8,) if weights.dtype is DType.UINT8 else (DType.INT8, DType.INT16, DType.FLOAT32)
    )
    several = weights.quant is not None and weights.quant.per_channel
    activation, form = options.get("activation", "NONE"), options.get("weights_format", "DEFAULT")
    transposed, grouped = operator.op == "TRANSPOSE_CONV", operator.op == "CONV_2D"
    lacks = {
        f"its input is {source.dtype.value}": source.dtype not in wanted,
        "its uint8 weights have several scales": weights.dtype is DType.UINT8 and several,
        f"its weights are {weights.dtype.value} under an INT16 input": source.dtype is DType.INT16
        and weights.dtype is not DType.INT8,
        "its weights are of another type than its input": transposed
        and source.dtype is not weights.dtype
        and source.dtype is not DType.INT16,
        "it has groups of channels": grouped and source.shape[-1:] != weights.shape[-1:],
        f"its fused activation is {activation}": activation not in FUSED,
        f"its weights have the format {form}": form != "DEFAULT",
        "its bias is computed": bias >= 0 and tensors[bias].data is None,
    }
    whole = weights.dtype.is_weight
    return next((why for why, lacking in lacks.items() if whole and lacking), None)


BLOCKS = "its weights have a scale for each block, and the move block-squares alone edits those"
"""Why moves other than that one leave a layer alone."""


def _frozen(tensors: tuple[Tensor, ...], operator: Operator, bias: int | None) -> str | None:
    """Why a layer's weights must not be edited."""
    weights = tensors[operator.inputs[1]]
    if not weights.dtype.is_weight:
        return f"its weights are {weights.dtype.value}"
    if weights.blocks is not None:
        return BLOCKS
    if weights.quant is None:
        return "its weights have no scale"
    if bias is not None and tensors[bias].buffer is None:
        return "its bias is computed from another constant"
    if weights.quant.zero_point.any() and weights.dtype is not DType.UINT8:
        return "its weights have a zero-point other than 0"
    return None


def _used_elsewhere(weights: Tensor) -> str | None:
    """Which other signatures of the file an edit of these weights would change, in words."""
    if weights.buffer is None or not weights.buffer.elsewhere:
        return None
    return f"its weights are those of {' and '.join(weights.buffer.elsewhere)}, too"


def _bias_frozen(tensors: tuple[Tensor, ...], bias: int | None) -> str | None:
    """Why a layer's bias must not be edited."""
    if bias is None:
        return None
    buffer = tensors[bias].buffer
    if buffer is not None and buffer.shared:
        others = [f"tensor {t}" for t in buffer.tensors if t != bias] + list(buffer.elsewhere)
        return f"its bias shares buffer {buffer.index} with {', '.join(others)}"
    return None


def _layer(tensors: tuple[Tensor, ...], operator: Operator, number: int) -> Layer:
    slot = bias_slot(operator.op)
    bias = operator.inputs[slot] if len(operator.inputs) > slot else -1
    weights = tensors[operator.inputs[1]]
    axis = 3 if operator.op == "DEPTHWISE_CONV_2D" else 0
    rank = 2 if operator.op == "FULLY_CONNECTED" else 4
    place = f"operator {operator.index} {operator.op}"
    if len(weights.shape) != rank or 0 in weights.shape:
        raise MalformedModelError(f"{place}: weights of shape {list(weights.shape)} do not fit it")
    channels = weights.shape[axis]
    if bias >= 0 and tensors[bias].shape not in ((channels,), (1, channels), (1, 1, 1, channels)):
        raise MalformedModelError(
            f"{place}: {channels} channels, but a bias of shape {list(tensors[bias].shape)}"
        )
    alone = _interpreted(tensors, operator, bias)
    constant_bias = bias if bias >= 0 and tensors[bias].data is not None else None
    return Layer(
        index=operator.index,
        number=number,
        op=operator.op,
        name=tensors[operator.outputs[0]].name.split(";")[0],
        input=operator.inputs[activations_slot(operator.op)],
        weights=weights.index,
        bias=constant_bias,
        output=operator.outputs[0],
        channel_axis=axis,
        channels=channels,
        frozen=_frozen(tensors, operator, constant_bias) or _used_elsewhere(weights) or alone,
        bias_frozen=_bias_frozen(tensors, constant_bias) or alone,
        interpreted=alone,
    )


def _is_constant(weights: Tensor) -> bool:
    """Whether weights lie in the file, or are float values of what does (``stored_floats``)."""
    held = weights.data is not None and weights.data.size > 0
    return weights.buffer is not None or held


def find_layers(tensors: tuple[Tensor, ...], operators: tuple[Operator, ...]) -> tuple[Layer, ...]:
    """The operators with constant weights, in execution order."""
    layers: list[Layer] = []
    for operator in operators:
        if operator.op not in LAYER_OPS:
            continue
        needed = bias_slot(operator.op)
        if len(operator.inputs) < needed or not operator.outputs:
            raise MalformedModelError(
                f"operator {operator.index} {operator.op}: inputs are missing"
            )
        if operator.inputs[activations_slot(operator.op)] < 0:
            raise MalformedModelError(
                f"operator {operator.index} {operator.op}: its input is left out"
            )
        if operator.inputs[1] >= 0 and _is_constant(tensors[operator.inputs[1]]):
            layers.append(_layer(tensors, operator, len(layers)))
    return tuple(layers)
