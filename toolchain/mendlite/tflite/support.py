"""What mendlite repairs, and the reason where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.graph import LAYER_OPS, Layer, Model, Operator
from mendlite.model.operator_kinds import OWN_STATE, STATEFUL, bias_slot, not_alone
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.compiled import COMPILED

QUANTIZED = frozenset({DType.INT8, DType.UINT8, DType.INT16})
WEIGHT_REASONS = {
    DType.INT2: "int2 weights",
    DType.FLOAT16: "float16 weights",
    DType.BFLOAT16: "bfloat16 weights",
    DType.INT16: "int16 weights",
}


def reasons(
    tensors: Sequence[Tensor],
    operators: Sequence[Operator],
    layers: Sequence[Layer],
    others: int,
) -> tuple[str, ...]:
    """Why this file will not be repaired; empty where it may be.

    ``others``: subgraphs besides the first and those that give variables their first values.
    """
    why_not = [
        *_operator_reasons(operators),
        *_tensor_reasons(tensors, operators, layers),
    ]
    if others:
        why_not.append(f"{others + 1} subgraphs (control flow)")
    if not any(tensors[layer.weights].dtype.is_weight for layer in layers) and not why_not:
        why_not.append(_without_weights(tensors, operators))
    return tuple(dict.fromkeys(why_not))


def _without_weights(tensors: Sequence[Tensor], operators: Sequence[Operator]) -> str:
    """Why a file has no layer with integer weights."""
    stored = {
        operator.outputs[0]: tensors[operator.inputs[0]].dtype
        for operator in operators
        if operator.op == "DEQUANTIZE"
        and operator.inputs
        and operator.outputs
        and all(t >= 0 and tensors[t].buffer is not None for t in operator.inputs)
    }
    for operator in operators:
        if operator.op not in LAYER_OPS or operator.inputs[1] not in stored:
            continue
        if stored[operator.inputs[1]] is not DType.FLOAT16:
            return (
                f"operator {operator.index} {operator.op}: DEQUANTIZE makes its weights float "
                "before it reads them (weight-only quantization); quantize for dynamic range or "
                "full integers"
            )
    if DType.FLOAT16 in stored.values():
        return "no layer has int8, int4 or uint8 weights: they are float16, as in a float model"
    if any(t.quant is not None and t.dtype in QUANTIZED for t in tensors):
        return "no layer has int8, int4 or uint8 weights: there is nothing to repair"
    return "no layer has int8, int4 or uint8 weights: it is not a quantized model"


def _operator_reasons(operators: Sequence[Operator]) -> Iterator[str]:
    for operator in operators:
        place = f"operator {operator.index} {operator.op}"
        if operator.op in COMPILED:
            yield f"{place}: {COMPILED[operator.op]}"
        elif why := not_alone(operator.op):
            yield f"{place}: {why}"


def _tensor_reasons(
    tensors: Sequence[Tensor], operators: Sequence[Operator], layers: Sequence[Layer]
) -> Iterator[str]:
    for layer in layers:
        weights, source = tensors[layer.weights], tensors[layer.input]
        place = f"layer {layer.number} '{layer.name}'"
        if weights.dtype in WEIGHT_REASONS:
            yield f"{place}: {WEIGHT_REASONS[weights.dtype]}"
        if source.dtype is DType.FLOAT16:
            yield f"{place}: float16 activations"
    read = {t for operator in operators if operator.op != "DENSIFY" for t in operator.inputs}
    for tensor in tensors:
        if tensor.sparse and (tensor.dense is None or tensor.index in read):
            yield f"tensor {tensor.index} '{tensor.name}': sparse weights"
        elif tensor.dtype is DType.INT2 and tensor.buffer:
            yield f"tensor {tensor.index} '{tensor.name}': {tensor.dtype.value} weights"


def require_repairable(model: Model) -> None:
    """Raise UnsupportedModelError with the first reasons why ``model`` is not repaired."""
    if model.unsupported:
        shown = "; ".join(model.unsupported[:3])
        more = len(model.unsupported) - 3
        rest = f" (and {more} more)" if more > 0 else ""
        raise UnsupportedModelError(f"this file cannot be repaired: {shown}{rest}")


def require_independent(model: Model) -> None:
    """Raise UnsupportedModelError for state of a form that mendlite cannot reset for a sample."""
    for operator in model.operators:
        if operator.op in STATEFUL and not model.variables:
            raise UnsupportedModelError(
                f"operator {operator.index} {operator.op}: the model keeps state from one sample "
                f"to the next: {model.unsupported[0]}"
            )


def require_no_variables(model: Model, what: str) -> None:
    """Raise UnsupportedModelError where a model keeps values from frame to frame.

    ``what`` states in the error what does not support it.
    """
    if any(operator.op in STATEFUL for operator in model.operators):
        name = model.variables[0].name if model.variables else "of an unknown form"
        raise UnsupportedModelError(
            f"the model keeps values from frame to frame (variable '{name}'): {what}"
        )


def keeps_state(model: Model) -> bool:
    """Whether an operator has a state of its own, which each sample resets."""
    return any(operator.op in OWN_STATE for operator in model.operators)


def require_own_weights(model: Model, layers: Sequence[Layer]) -> None:
    """Raise BadInputError where a layer that is to be edited shares its weights' bytes."""
    for layer in layers:
        buffer = model.tensors[layer.weights].buffer
        if buffer is None or not buffer.shared:
            continue
        others = ", ".join(f"{t} '{model.tensors[t].name}'" for t in buffer.tensors)
        raise BadInputError(
            f"layer {layer.number} '{layer.name}': its weights share buffer {buffer.index} "
            f"(tensors {others}), so an edit would change them all; name the layers to repair "
            "with `layers` and leave this one out"
        )


def own_scales(model: Model, layer: Layer) -> bool:
    """Whether the layer's weights have a scale vector in the file that no other tensor uses."""
    return _own_vector(model, layer.weights)


def _own_vector(model: Model, tensor: int) -> bool:
    quant = model.tensors[tensor].quant
    if quant is None:
        return False
    users = [
        t.index for t in model.tensors if t.quant and t.quant.scale_offset == quant.scale_offset
    ]
    return users == [tensor]


def rescalable(model: Model, layer: Layer) -> bool:
    """Whether the layer's weight scales may change, and its bias, which counts in them, too."""
    scales = model.tensors[layer.weights].quantization().scale.size
    if not own_scales(model, layer) or scales not in (1, layer.channels):
        return False
    slot, inputs = bias_slot(layer.op), model.operators[layer.index].inputs
    if layer.bias is None:
        return len(inputs) <= slot or inputs[slot] < 0
    bias = model.tensors[layer.bias]
    if bias.dtype is DType.FLOAT32:
        return True
    return layer.bias_frozen is None and (bias.quant is None or _own_vector(model, layer.bias))
