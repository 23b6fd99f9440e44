"""Build small .tflite files for tests, byte by byte under the test's control."""

import struct
from dataclasses import dataclass, field

import flatbuffers
import numpy as np

import tflite

CODES = {n: v for n, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
TYPES = {n: v for n, v in vars(tflite.TensorType).items() if isinstance(v, int)}
OPTIONS = {n: v for n, v in vars(tflite.BuiltinOptions).items() if isinstance(v, int)}


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
    sparse: bool = False
    details: int = 0  # QuantizationDetails: 1 custom, 2 blockwise


@dataclass
class OpSpec:
    op: str
    inputs: list
    outputs: list
    options: str = ""
    fields: dict = field(default_factory=dict)
    custom: str = ""
    custom_options: bytes = b""
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


def _vector(builder, values, kind):
    prepend = {"i32": (4, builder.PrependInt32), "f32": (4, builder.PrependFloat32),
               "i64": (8, builder.PrependInt64), "off": (4, builder.PrependUOffsetTRelative)}  # fmt: skip
    size, add = prepend[kind]
    builder.StartVector(size, len(values), size)
    for value in reversed(values):
        add(value)
    return builder.EndVector()


def _buffer(builder, data, *, outside=False):
    raw = None
    if outside and data is not None:
        tflite.BufferStart(builder)
        tflite.BufferAddOffset(builder, 2)  # filled in when the length is known
        tflite.BufferAddSize(builder, 2)
        return tflite.BufferEnd(builder)
    if data is not None:
        payload = np.ascontiguousarray(data).tobytes()
        builder.StartVector(1, len(payload), 16)
        builder.head -= len(payload)
        builder.Bytes[builder.head : builder.head + len(payload)] = payload
        raw = builder.EndVector()
    tflite.BufferStart(builder)
    if raw is not None:
        tflite.BufferAddData(builder, raw)
    return tflite.BufferEnd(builder)


def _quantization(builder, spec):
    if spec.scale is None:
        return None
    details = None
    if spec.details:
        tflite.CustomQuantizationStart(builder)
        details = tflite.CustomQuantizationEnd(builder)
    scale = _vector(builder, [float(s) for s in spec.scale], "f32")
    zero = None if spec.zero_point is None else _vector(builder, list(spec.zero_point), "i64")
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scale)
    if zero is not None:
        tflite.QuantizationParametersAddZeroPoint(builder, zero)
    if details is not None:
        tflite.QuantizationParametersAddDetailsType(builder, spec.details)
        tflite.QuantizationParametersAddDetails(builder, details)
    tflite.QuantizationParametersAddQuantizedDimension(builder, spec.axis)
    return tflite.QuantizationParametersEnd(builder)


def _tensor(builder, spec, buffer):
    name = builder.CreateString(spec.name)
    shape = _vector(builder, list(spec.shape), "i32")
    quant = _quantization(builder, spec)
    sparsity = None
    if spec.sparse:
        tflite.SparsityParametersStart(builder)
        sparsity = tflite.SparsityParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, TYPES[spec.type] if isinstance(spec.type, str) else spec.type)
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    if quant is not None:
        tflite.TensorAddQuantization(builder, quant)
    if sparsity is not None:
        tflite.TensorAddSparsity(builder, sparsity)
    return tflite.TensorEnd(builder)


def _options(builder, spec):
    if not spec.options:
        return None
    fields = {
        name: _vector(builder, value, "i32") if isinstance(value, tuple) else value
        for name, value in spec.fields.items()
    }
    getattr(tflite, f"{spec.options}Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{spec.options}Add{name}")(builder, value)
    return getattr(tflite, f"{spec.options}End")(builder)


def _operator(builder, spec, code):
    inputs = _vector(builder, spec.inputs, "i32")
    outputs = _vector(builder, spec.outputs, "i32")
    options = _options(builder, spec)
    custom = builder.CreateByteVector(spec.custom_options) if spec.custom_options else None
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, OPTIONS[spec.options])
        tflite.OperatorAddBuiltinOptions(builder, options)
    if custom is not None:
        tflite.OperatorAddCustomOptions(builder, custom)
    return tflite.OperatorEnd(builder)


def _code(builder, spec):
    custom = builder.CreateString(spec.custom) if spec.custom else None
    number = CODES[spec.op]
    deprecated, current = spec.codes or (min(number, 127), number)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, deprecated)
    tflite.OperatorCodeAddBuiltinCode(builder, current)
    tflite.OperatorCodeAddVersion(builder, 3 if number in {3, 4} else 1)
    if custom is not None:
        tflite.OperatorCodeAddCustomCode(builder, custom)
    return tflite.OperatorCodeEnd(builder)


def build(spec: ModelSpec) -> bytes:
    builder = flatbuffers.Builder(1024)
    # Buffer 0 is empty by convention; every constant has one of its own, unless it shares.
    numbers, payloads = [], [None]
    for tensor in spec.tensors:
        if tensor.buffer_of is not None:
            numbers.append(numbers[tensor.buffer_of])
        elif tensor.data is not None:
            payloads.append(tensor.data)
            numbers.append(len(payloads) - 1)
        else:
            numbers.append(0)
    buffers = [_buffer(builder, p, outside=spec.outside) for p in payloads]
    buffers = _vector(builder, buffers, "off")
    codes = _vector(builder, [_code(builder, op) for op in spec.ops], "off")
    graphs = []
    for _ in range(spec.subgraphs):
        tensors = [_tensor(builder, t, n) for t, n in zip(spec.tensors, numbers, strict=True)]
        tensors = _vector(builder, tensors, "off")
        operators = [_operator(builder, op, i) for i, op in enumerate(spec.ops)]
        operators = _vector(builder, operators, "off")
        inputs = _vector(builder, spec.inputs, "i32")
        outputs = _vector(builder, spec.outputs, "i32")
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensors)
        tflite.SubGraphAddInputs(builder, inputs)
        tflite.SubGraphAddOutputs(builder, outputs)
        tflite.SubGraphAddOperators(builder, operators)
        graphs.append(tflite.SubGraphEnd(builder))
    graphs = _vector(builder, graphs, "off")
    description = builder.CreateString("tiny")
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, spec.version)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddDescription(builder, description)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    data = bytes(builder.Output())
    return _behind(data, payloads) if spec.outside else data


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
            data = (data * scale.reshape(shape)).astype("<f4")
        kind = "FLOAT32" if tensor.type in {"INT8", "INT32"} and tensor.scale else tensor.type
        tensors.append(TensorSpec(tensor.name, tensor.shape, kind, data))
    return ModelSpec(tensors, spec.ops, spec.inputs, spec.outputs)


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
