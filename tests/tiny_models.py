"""Build small .tflite files for tests, byte by byte under the test's control."""

import struct
from dataclasses import dataclass, field

import flatbuffers
import numpy as np

import tflite
from model_tables import (
    buffer_table,
    code_table,
    operator_table,
    signature_table,
    tensor_table,
    vector,
)


@dataclass
class TensorSpec:
    name: str
    shape: tuple
    type: str = "INT8"
    data: np.ndarray | None = None
    scale: list | None = None
    zero_point: list | None = None
    axis: int = 0
    buffer_of: int | None = None
    file_buffer: int | None = None  # the number of a buffer of the whole file, made before
    sparse: bool = False
    details: int = 0  # QuantizationDetails: 1 custom, 2 blockwise
    blocks: tuple | None = None  # (tensor of the scales, of the zero-points or None, block size)
    is_variable: bool = False


@dataclass
class OpSpec:
    op: str
    inputs: list
    outputs: list
    options: str = ""
    fields: dict = field(default_factory=dict)
    custom: str = ""
    custom_options: bytes = b""
    intermediates: tuple = ()
    codes: tuple | None = None  # (deprecated_builtin_code, builtin_code) as they shall stand


@dataclass
class ModelSpec:
    tensors: list
    ops: list
    inputs: list
    outputs: list
    subgraphs: int = 1
    version: int = 3
    outside: bool = False  # constants lie behind the flatbuffer
    others: list = field(default_factory=list)  # subgraphs behind the first, as specs
    signatures: list = field(
        default_factory=list
    )  # (name, subgraph, {input: tensor}, {output: tensor})


def build(spec: ModelSpec) -> bytes:
    builder = flatbuffers.Builder(1024)
    # Buffer 0 is empty by convention; every constant has one of its own, unless it shares.
    every, payloads = [*[spec] * spec.subgraphs, *spec.others], [None]
    numbers = [_numbers(one, payloads) for one in every]
    buffers = [buffer_table(builder, p, outside=spec.outside) for p in payloads]
    buffers = vector(builder, buffers, "off")
    codes = [code_table(builder, op) for one in every for op in one.ops]
    codes = vector(builder, codes, "off")
    graphs, first = [], 0
    for one, own in zip(every, numbers, strict=True):
        graphs.append(_subgraph(builder, one, own, first))
        first += len(one.ops)
    graphs = vector(builder, graphs, "off")
    description = builder.CreateString("tiny")
    named = [signature_table(builder, *one) for one in spec.signatures]
    named = vector(builder, named, "off") if named else None
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, spec.version)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddDescription(builder, description)
    tflite.ModelAddBuffers(builder, buffers)
    if named is not None:
        tflite.ModelAddSignatureDefs(builder, named)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    data = bytes(builder.Output())
    return _behind(data, payloads) if spec.outside else data


def _numbers(spec, payloads):
    """The buffer of each tensor; new constants are appended to ``payloads``."""
    numbers = []
    for tensor in spec.tensors:
        if tensor.file_buffer is not None:
            numbers.append(tensor.file_buffer)
        elif tensor.buffer_of is not None:
            numbers.append(numbers[tensor.buffer_of])
        elif tensor.data is not None:
            payloads.append(tensor.data)
            numbers.append(len(payloads) - 1)
        else:
            numbers.append(0)
    return numbers


def _subgraph(builder, spec, numbers, first):
    tensors = [tensor_table(builder, t, n) for t, n in zip(spec.tensors, numbers, strict=True)]
    tensors = vector(builder, tensors, "off")
    operators = [operator_table(builder, op, i) for i, op in enumerate(spec.ops, first)]
    operators = vector(builder, operators, "off")
    inputs = vector(builder, spec.inputs, "i32")
    outputs = vector(builder, spec.outputs, "i32")
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors)
    tflite.SubGraphAddInputs(builder, inputs)
    tflite.SubGraphAddOutputs(builder, outputs)
    tflite.SubGraphAddOperators(builder, operators)
    return tflite.SubGraphEnd(builder)


def buffer_field(data, number, field):
    """Where a scalar field of a Buffer table lies in the file: 1 offset, 2 size."""
    table = tflite.Model.GetRootAsModel(data, 0).Buffers(number)._tab
    return table.Pos + table.Offset(4 + 2 * field)


def _behind(data, payloads):
    """Append the constants, aligned to 16 as LiteRT does, and fill in where they lie."""
    found = bytearray(data)
    for number, payload in enumerate(payloads):
        if payload is None:
            continue
        raw = np.ascontiguousarray(payload).tobytes()
        found += bytes(-len(found) % 16)
        struct.pack_into("<Q", found, buffer_field(data, number, 1), len(found))
        struct.pack_into("<Q", found, buffer_field(data, number, 2), len(raw))
        found += raw
    return bytes(found)


def dense_spec(seed=0, inputs=6, hidden=5, classes=3) -> ModelSpec:
    """int8: dense + ReLU, dense. One scale a layer, biases int32."""
    rng = np.random.default_rng(seed)
    first = rng.integers(-127, 128, (hidden, inputs)).astype(np.int8)
    second = rng.integers(-127, 128, (classes, hidden)).astype(np.int8)
    tensors = [
        TensorSpec("in", (1, inputs), scale=[0.05], zero_point=[-3]),
        TensorSpec("w1", first.shape, data=first, scale=[0.01], zero_point=[0]),
        TensorSpec("b1", (hidden,), "INT32", rng.integers(-500, 500, hidden).astype("<i4"),
                   scale=[0.05 * 0.01], zero_point=[0]),
        TensorSpec("h", (1, hidden), scale=[0.1], zero_point=[-128]),
        TensorSpec("w2", second.shape, data=second, scale=[0.02], zero_point=[0]),
        TensorSpec("b2", (classes,), "INT32", rng.integers(-500, 500, classes).astype("<i4"),
                   scale=[0.1 * 0.02], zero_point=[0]),
        TensorSpec("out", (1, classes), scale=[0.4], zero_point=[5]),
    ]  # fmt: skip
    ops = [
        OpSpec("FULLY_CONNECTED", [0, 1, 2], [3], "FullyConnectedOptions",
               {"FusedActivationFunction": 1}),
        OpSpec("FULLY_CONNECTED", [3, 4, 5], [6], "FullyConnectedOptions", {}),
    ]  # fmt: skip
    return ModelSpec(tensors, ops, [0], [6])


def conv_spec(
    seed=0, *, size=(7, 6), channels=3, filters=4, kernel=(3, 2), stride=(1, 1), dilation=(1, 1),
    padding=0, depthwise=False, per_channel=True, activation=1,
) -> ModelSpec:  # fmt: skip
    """int8: one convolution, or a depthwise one, with any geometry."""
    rng = np.random.default_rng(seed)
    if depthwise:
        filters = channels * max(1, filters // channels)
    shape = (1, *kernel, filters) if depthwise else (filters, *kernel, channels)
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    count = filters if per_channel else 1
    scale = rng.uniform(0.001, 0.02, count).astype(np.float32)
    extents = []
    for n, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        reach = (k - 1) * d + 1
        extents.append(-(-n // s) if padding == 0 else -(-(n - reach + 1) // s))
    bias = rng.integers(-2000, 2000, filters).astype("<i4")
    tensors = [
        TensorSpec("in", (1, *size, channels), scale=[0.03], zero_point=[11]),
        TensorSpec("w", shape, data=weights, scale=list(scale), zero_point=[0] * count,
                   axis=3 if depthwise else 0),
        TensorSpec("b", (filters,), "INT32", bias, scale=list(scale * 0.03),
                   zero_point=[0] * count),
        TensorSpec("out", (1, *extents, filters), scale=[0.06], zero_point=[-20]),
    ]  # fmt: skip
    fields = {
        "Padding": padding, "StrideW": stride[1], "StrideH": stride[0],
        "DilationWFactor": dilation[1], "DilationHFactor": dilation[0],
        "FusedActivationFunction": activation,
    }  # fmt: skip
    if depthwise:
        fields["DepthMultiplier"] = filters // channels
        op = OpSpec("DEPTHWISE_CONV_2D", [0, 1, 2], [3], "DepthwiseConv2DOptions", fields)
    else:
        op = OpSpec("CONV_2D", [0, 1, 2], [3], "Conv2DOptions", fields)
    return ModelSpec(tensors, [op], [0], [3])


def float_twin(spec: ModelSpec) -> ModelSpec:
    """The float model that ``spec`` is a perfect quantization of."""
    tensors = []
    for tensor in spec.tensors:
        data = tensor.data
        if data is not None and tensor.scale is not None:
            scale = np.asarray(tensor.scale, np.float64)
            shape = [1] * data.ndim
            if scale.size > 1:
                shape[tensor.axis] = scale.size
            zero = np.asarray(tensor.zero_point or [0], np.float64)
            zero = zero.reshape(shape) if zero.size == scale.size else zero[0]
            data = ((data - zero) * scale.reshape(shape)).astype("<f4")
        whole = {"INT8", "UINT8", "INT16", "INT32", "INT64"}
        kind = "FLOAT32" if tensor.type in whole and tensor.scale else tensor.type
        still = tensor.is_variable
        tensors.append(TensorSpec(tensor.name, tensor.shape, kind, data, is_variable=still))
    others = [float_twin(other) for other in spec.others]
    return ModelSpec(tensors, spec.ops, spec.inputs, spec.outputs, others=others)


def transpose_conv_spec(
    seed=0, *, size=(4, 5), channels=3, filters=4, kernel=(3, 2), stride=(2, 2), padding=0,
    bias=True, per_channel=True,
) -> ModelSpec:  # fmt: skip
    """int8: one transposed convolution."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (filters, *kernel, channels)).astype(np.int8)
    count = filters if per_channel else 1
    scale = rng.uniform(0.001, 0.02, count).astype(np.float32)
    extents = [
        n * s if padding == 0 else (n - 1) * s + k
        for n, k, s in zip(size, kernel, stride, strict=True)
    ]
    tensors = [
        TensorSpec("shape", (4,), "INT32", np.array([1, *extents, filters], "<i4")),
        TensorSpec("w", weights.shape, data=weights, scale=list(scale), zero_point=[0] * count),
        TensorSpec("in", (1, *size, channels), scale=[0.03], zero_point=[11]),
        TensorSpec("b", (filters,), "INT32", rng.integers(-2000, 2000, filters).astype("<i4"),
                   scale=list(scale * 0.03), zero_point=[0] * count),
        TensorSpec("out", (1, *extents, filters), scale=[0.06], zero_point=[-20]),
    ]  # fmt: skip
    fields = {"Padding": padding, "StrideW": stride[1], "StrideH": stride[0]}
    inputs = [0, 1, 2, 3] if bias else [0, 1, 2]
    return ModelSpec(
        tensors, [OpSpec("TRANSPOSE_CONV", inputs, [4], "TransposeConvOptions", fields)], [2], [4]
    )
