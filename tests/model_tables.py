"""The tables of a .tflite file, written from the specs of ``tiny_models``."""

import numpy as np

import tflite

CODES = {n: v for n, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
TYPES = {n: v for n, v in vars(tflite.TensorType).items() if isinstance(v, int)}
OPTIONS = {n: v for n, v in vars(tflite.BuiltinOptions).items() if isinstance(v, int)}


def vector(builder, values, kind):
    prepend = {"i32": (4, builder.PrependInt32), "f32": (4, builder.PrependFloat32),
               "i64": (8, builder.PrependInt64), "off": (4, builder.PrependUOffsetTRelative)}  # fmt: skip
    size, add = prepend[kind]
    builder.StartVector(size, len(values), size)
    for value in reversed(values):
        add(value)
    return builder.EndVector()


def buffer_table(builder, data, *, outside=False):
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


def _blocks(builder, scales, zero_points, size):
    """A table BlockwiseQuantization, which the schema package lacks: scales, zero-points, size."""
    builder.StartObject(3)
    builder.PrependInt32Slot(0, scales, 0)
    if zero_points is not None:
        builder.PrependInt32Slot(1, zero_points, 0)
    builder.PrependInt32Slot(2, size, 0)
    return builder.EndObject()


def _quantization(builder, spec):
    if spec.scale is None and spec.blocks is None:
        return None
    details, kind = None, spec.details
    if spec.blocks is not None:
        details, kind = _blocks(builder, *spec.blocks), 2
    elif spec.details:
        tflite.CustomQuantizationStart(builder)
        details = tflite.CustomQuantizationEnd(builder)
    scale = vector(builder, [float(s) for s in spec.scale or []], "f32")
    zero = None if spec.zero_point is None else vector(builder, list(spec.zero_point), "i64")
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scale)
    if zero is not None:
        tflite.QuantizationParametersAddZeroPoint(builder, zero)
    if details is not None:
        tflite.QuantizationParametersAddDetailsType(builder, kind)
        tflite.QuantizationParametersAddDetails(builder, details)
    tflite.QuantizationParametersAddQuantizedDimension(builder, spec.axis)
    return tflite.QuantizationParametersEnd(builder)


def tensor_table(builder, spec, buffer):
    name = builder.CreateString(spec.name)
    shape = vector(builder, list(spec.shape), "i32")
    quant = _quantization(builder, spec)
    sparsity = None
    if spec.sparse:
        sparsity = dense_levels(builder, spec.shape)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, TYPES[spec.type] if isinstance(spec.type, str) else spec.type)
    tflite.TensorAddBuffer(builder, buffer)
    tflite.TensorAddName(builder, name)
    if quant is not None:
        tflite.TensorAddQuantization(builder, quant)
    if sparsity is not None:
        tflite.TensorAddSparsity(builder, sparsity)
    if spec.is_variable:
        tflite.TensorAddIsVariable(builder, True)
    return tflite.TensorEnd(builder)


def _field(builder, value):
    if isinstance(value, str):
        return builder.CreateString(value)
    return vector(builder, value, "i32") if isinstance(value, tuple) else value


def _options(builder, spec):
    if not spec.options:
        return None
    fields = {name: _field(builder, value) for name, value in spec.fields.items()}
    getattr(tflite, f"{spec.options}Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{spec.options}Add{name}")(builder, value)
    return getattr(tflite, f"{spec.options}End")(builder)


def operator_table(builder, spec, code):
    inputs = vector(builder, spec.inputs, "i32")
    outputs = vector(builder, spec.outputs, "i32")
    own = vector(builder, spec.intermediates, "i32") if spec.intermediates else None
    options = _options(builder, spec)
    custom = builder.CreateByteVector(spec.custom_options) if spec.custom_options else None
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(builder, OPTIONS[spec.options])
        tflite.OperatorAddBuiltinOptions(builder, options)
    if own is not None:
        tflite.OperatorAddIntermediates(builder, own)
    if custom is not None:
        tflite.OperatorAddCustomOptions(builder, custom)
    return tflite.OperatorEnd(builder)


def code_table(builder, spec):
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


def _tensor_map(builder, name, tensor):
    text = builder.CreateString(name)
    tflite.TensorMapStart(builder)
    tflite.TensorMapAddName(builder, text)
    tflite.TensorMapAddTensorIndex(builder, tensor)
    return tflite.TensorMapEnd(builder)


def signature_table(builder, name, subgraph, inputs, outputs):
    ends = [
        vector(builder, [_tensor_map(builder, *one) for one in some.items()], "off")
        for some in (inputs, outputs)
    ]
    key = builder.CreateString(name)
    tflite.SignatureDefStart(builder)
    tflite.SignatureDefAddInputs(builder, ends[0])
    tflite.SignatureDefAddOutputs(builder, ends[1])
    tflite.SignatureDefAddSignatureKey(builder, key)
    tflite.SignatureDefAddSubgraphIndex(builder, subgraph)
    return tflite.SignatureDefEnd(builder)


def dense_levels(builder, shape):
    """SparsityParameters that leave out nothing."""
    levels = []
    for extent in shape:
        tflite.DimensionMetadataStart(builder)
        tflite.DimensionMetadataAddFormat(builder, 0)
        tflite.DimensionMetadataAddDenseSize(builder, extent)
        levels.append(tflite.DimensionMetadataEnd(builder))
    order = builder.CreateNumpyVector(np.arange(len(shape), dtype=np.int32))
    builder.StartVector(4, len(levels), 4)
    for level in reversed(levels):
        builder.PrependUOffsetTRelative(level)
    metadata = builder.EndVector()
    tflite.SparsityParametersStart(builder)
    tflite.SparsityParametersAddTraversalOrder(builder, order)
    tflite.SparsityParametersAddDimMetadata(builder, metadata)
    return tflite.SparsityParametersEnd(builder)
