"""Read the operators of a verified file, and find the layers among them."""

from __future__ import annotations

from typing import Any

from mendlite.errors import MalformedModelError
from mendlite.model.graph import LAYER_OPS, Layer, Operator
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.options import enum_names, read_options
from mendlite.tflite.tensors import text


_BUILTIN_CODE_SLOT = 4 + 2 * 3
"""Vtable offset of OperatorCode.builtin_code, the fourth field."""


def builtin_code(code: Any) -> int:
    """The number of a ``tflite.OperatorCode``: the larger of its two raw fields.

    As ``GetBuiltinCode`` in TFLite's schema_utils.cc. A writer may fill either field alone; the
    package's own ``BuiltinCode()`` takes the deprecated field for every number below 127.
    """
    from flatbuffers.number_types import Int32Flags

    table = code._tab  # noqa: SLF001 - the accessor does not give the raw field
    raw = table.GetSlot(_BUILTIN_CODE_SLOT, 0, Int32Flags)
    return max(int(raw), int(code.DeprecatedBuiltinCode()))


def _code_name(model: Any, index: int, place: str) -> tuple[str, int]:
    """The operator's name and version."""
    import tflite

    if index >= model.OperatorCodesLength():
        raise MalformedModelError(f"{place}: operator code {index} does not exist")
    code = model.OperatorCodes(index)
    number = builtin_code(code)
    if number < 0:
        raise MalformedModelError(f"{place}: its operator code {number} is negative")
    name = enum_names(tflite.BuiltinOperator).get(number, f"BUILTIN_{number}")
    if name == "CUSTOM":
        name = f"CUSTOM:{text(code.CustomCode())}"
    return name, code.Version()


def _indices(vector: Any, tensors: int, lowest: int, place: str) -> tuple[int, ...]:
    found = tuple(int(v) for v in vector) if not isinstance(vector, int) else ()
    for index in found:
        if not lowest <= index < tensors:
            raise MalformedModelError(f"{place}: tensor {index} does not exist")
    return found


def _operator(model: Any, raw: Any, index: int, tensors: int) -> Operator:
    place = f"operator {index}"
    name, version = _code_name(model, raw.OpcodeIndex(), place)
    place = f"operator {index} {name}"
    return Operator(
        index=index,
        op=name,
        version=version,
        inputs=_indices(raw.InputsAsNumpy(), tensors, -1, place),
        outputs=_indices(raw.OutputsAsNumpy(), tensors, 0, place),
        options=read_options(raw, place),
    )


def read_operators(model: Any, subgraph: Any, tensors: int) -> tuple[Operator, ...]:
    """All operators of one subgraph, in execution order.

    Raises MalformedModelError where one names a tensor that does not exist.
    """
    return tuple(
        _operator(model, subgraph.Operators(index), index, tensors)
        for index in range(subgraph.OperatorsLength())
    )


def require_order(
    tensors: tuple[Tensor, ...], operators: tuple[Operator, ...], inputs: tuple[int, ...]
) -> None:
    """Raise MalformedModelError where an operator reads what nothing has written before it."""
    known = {t.index for t in tensors if t.buffer or t.is_variable or 0 in t.shape} | set(inputs)
    written: set[int] = set()
    for operator in operators:
        place = f"operator {operator.index} {operator.op}"
        for index in operator.inputs:
            if index >= 0 and index not in known:
                raise MalformedModelError(f"{place}: nothing writes tensor {index} before it")
        for index in operator.outputs:
            if index in written or tensors[index].buffer is not None:
                raise MalformedModelError(f"{place}: tensor {index} is written twice")
        written |= set(operator.outputs)
        known |= written


def _frozen(tensors: tuple[Tensor, ...], operator: Operator) -> str | None:
    """Why a layer's weights must not be edited."""
    weights = tensors[operator.inputs[1]]
    if weights.dtype is not DType.INT8:
        return f"its weights are {weights.dtype.value}"
    if weights.quant is None:
        return "its weights have no scale"
    if weights.quant.zero_point.any():
        return "its weights have a zero-point other than 0"
    return None


def _bias_frozen(tensors: tuple[Tensor, ...], bias: int | None) -> str | None:
    """Why a layer's bias must not be edited."""
    if bias is None:
        return None
    buffer = tensors[bias].buffer
    if buffer is not None and buffer.shared:
        others = ", ".join(str(t) for t in buffer.tensors if t != bias)
        return f"its bias shares buffer {buffer.index} with tensors {others}"
    return None


def _layer(tensors: tuple[Tensor, ...], operator: Operator, position: int) -> Layer:
    # TRANSPOSE_CONV is (output shape, weights, input, bias); the others (input, weights, bias).
    transposed = operator.op == "TRANSPOSE_CONV"
    slot = 3 if transposed else 2
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
    constant_bias = bias if bias >= 0 and tensors[bias].data is not None else None
    return Layer(
        index=operator.index,
        position=position,
        op=operator.op,
        name=tensors[operator.outputs[0]].name.split(";")[0],
        input=operator.inputs[2 if transposed else 0],
        weights=weights.index,
        bias=constant_bias,
        output=operator.outputs[0],
        channel_axis=axis,
        channels=channels,
        frozen=_frozen(tensors, operator),
        bias_frozen=_bias_frozen(tensors, constant_bias),
    )


def find_layers(tensors: tuple[Tensor, ...], operators: tuple[Operator, ...]) -> tuple[Layer, ...]:
    """The operators with constant weights, in execution order."""
    found: list[Layer] = []
    for operator in operators:
        if operator.op not in LAYER_OPS:
            continue
        if len(operator.inputs) < 2 or not operator.outputs:
            raise MalformedModelError(
                f"operator {operator.index} {operator.op}: inputs are missing"
            )
        if operator.inputs[1] >= 0 and tensors[operator.inputs[1]].buffer is not None:
            found.append(_layer(tensors, operator, len(found)))
    return tuple(found)
