"""A .tflite as objects that may be changed, and new tensors and operators in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

FLOAT32, INT32, UINT8, INT8 = 0, 2, 3, 9
RESOURCE = 13
OPTIONS = {n: v for n, v in vars(schema.BuiltinOptions).items() if isinstance(v, int)}
CODES = {n: v for n, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
NAMES = {v: n for n, v in CODES.items()}


def load(path: Path) -> Any:
    """The ``ModelT`` of a file."""
    return schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)


def packed(model: Any) -> bytes:
    """The bytes of a ``ModelT``."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def op_of(model: Any, operator: Any) -> str:
    """The name of an operator."""
    code = model.operatorCodes[operator.opcodeIndex]
    return str(NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)])


def values_of(model: Any, tensor: Any) -> NDArray[Any] | None:
    """A constant's values; None of a tensor that is computed."""
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    kinds = {FLOAT32: "<f4", INT32: "<i4", INT8: "i1", UINT8: "u1"}
    values: NDArray[Any] = np.frombuffer(bytes(data), kinds[tensor.type])
    return values.reshape(tuple(tensor.shape))


def set_values(model: Any, tensor: Any, values: NDArray[Any]) -> None:
    """Give a constant a buffer of its own with these values."""
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
    model.buffers.append(buffer)
    tensor.buffer = len(model.buffers) - 1


def new_tensor(
    model: Any, graph: Any, name: str, shape: tuple[int, ...], *, kind: int,
    values: NDArray[Any] | None = None,
) -> int:  # fmt: skip
    """Append a tensor; returns its number."""
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type = name, np.array(shape, np.int32), kind
    tensor.shapeSignature = None
    model.buffers.append(schema.BufferT())
    tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    if values is not None:
        set_values(model, tensor, values)
    return len(graph.tensors) - 1


def new_operator(
    model: Any, op: str, inputs: list[int], outputs: list[int], options: str = "", **fields: Any
) -> Any:
    """An operator, which is in no graph yet."""
    numbers = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    if CODES[op] not in numbers:
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode = CODES[op], min(CODES[op], 127)
        code.version = 1
        model.operatorCodes.append(code)
        numbers.append(CODES[op])
    operator = schema.OperatorT()
    operator.opcodeIndex = numbers.index(CODES[op])
    operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
    if options:
        operator.builtinOptionsType = OPTIONS[options]
        operator.builtinOptions = getattr(schema, f"{options}T")()
        for name, value in fields.items():
            setattr(operator.builtinOptions, name, value)
    return operator
