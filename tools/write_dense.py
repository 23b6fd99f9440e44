"""Write a dense network as a ``.tflite`` file: FULLY_CONNECTED layers, ReLU between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELU = 1
"""``ActivationFunctionType.RELU`` of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A tensor to write: float32 where ``scale`` is None, int8 or int32 else.

    ``data`` is None for an activation; ``scale`` f64[C] and ``zero_point`` i64[C].
    """

    name: str
    shape: tuple[int, ...]
    data: NDArray[Any] | None = None
    scale: NDArray[np.float64] | None = None
    zero_point: NDArray[np.int64] | None = None
    type: str = "FLOAT32"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseLayer:
    """Weights [N, K], bias [N] and the output; the input is the output before."""

    weights: Constant
    bias: Constant
    output: Constant


def write_dense(entry: Constant, layers: Sequence[DenseLayer], description: str) -> bytes:
    """The file: all layers but the last have a fused ReLU."""
    import flatbuffers

    import tflite

    builder = flatbuffers.Builder(1024)
    tensors = [entry]
    for layer in layers:
        tensors += [layer.weights, layer.bias, layer.output]
    buffers = _vector(builder, [_buffer(builder, None), *(_buffer(builder, t) for t in tensors)])
    described = _vector(builder, [_tensor(builder, t, n + 1) for n, t in enumerate(tensors)])
    source, found = 0, []
    for position in range(len(layers)):
        output = 3 * (position + 1)
        ends = [source, output - 2, output - 1], [output]
        found.append(_operator(builder, *ends, relu=position < len(layers) - 1))
        source = output
    operators = _vector(builder, found)
    inputs, outputs = _numbers(builder, [0], "i4"), _numbers(builder, [source], "i4")
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, described)
    tflite.SubGraphAddInputs(builder, inputs)
    tflite.SubGraphAddOutputs(builder, outputs)
    tflite.SubGraphAddOperators(builder, operators)
    graphs = _vector(builder, [tflite.SubGraphEnd(builder)])
    number = tflite.BuiltinOperator.FULLY_CONNECTED
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, number)
    tflite.OperatorCodeAddBuiltinCode(builder, number)
    tflite.OperatorCodeAddVersion(builder, 1)
    codes = _vector(builder, [tflite.OperatorCodeEnd(builder)])
    words = builder.CreateString(description)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddDescription(builder, words)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def _vector(builder: Any, offsets: Sequence[int]) -> Any:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _numbers(builder: Any, values: Any, kind: str) -> Any:
    return builder.CreateNumpyVector(np.asarray(values, np.dtype(kind)))


def _buffer(builder: Any, tensor: Constant | None) -> Any:
    """A buffer with the tensor's bytes on a boundary of 16; empty for an activation."""
    import tflite

    raw = None
    if tensor is not None and tensor.data is not None:
        payload = np.ascontiguousarray(tensor.data).tobytes()
        builder.StartVector(1, len(payload), 16)
        builder.head -= len(payload)
        builder.Bytes[builder.head : builder.head + len(payload)] = payload
        raw = builder.EndVector()
    tflite.BufferStart(builder)
    if raw is not None:
        tflite.BufferAddData(builder, raw)
    return tflite.BufferEnd(builder)


def _tensor(builder: Any, tensor: Constant, buffer: int) -> Any:
    import tflite

    name = builder.CreateString(tensor.name)
    shape = _numbers(builder, tensor.shape, "i4")
    quantization = None
    if tensor.scale is not None and tensor.zero_point is not None:
        scale = _numbers(builder, tensor.scale, "f4")
        zero = _numbers(builder, tensor.zero_point, "i8")
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scale)
        tflite.QuantizationParametersAddZeroPoint(builder, zero)
        quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.type))
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    return tflite.TensorEnd(builder)


def _operator(builder: Any, reads: list[int], writes: list[int], *, relu: bool) -> Any:
    import tflite

    inputs, outputs = _numbers(builder, reads, "i4"), _numbers(builder, writes, "i4")
    tflite.FullyConnectedOptionsStart(builder)
    tflite.FullyConnectedOptionsAddFusedActivationFunction(builder, RELU if relu else 0)
    options = tflite.FullyConnectedOptionsEnd(builder)
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, 0)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    tflite.OperatorAddBuiltinOptionsType(builder, tflite.BuiltinOptions.FullyConnectedOptions)
    tflite.OperatorAddBuiltinOptions(builder, options)
    return tflite.OperatorEnd(builder)
