"""A float file that computes what a quantized one means: its float twin, where none is public.

Weights and biases are computed back, activations become float32, QUANTIZE and DEQUANTIZE are left
out. Types and references are changed in place and the new constants are added behind the tables,
so that operators, options, names and order stay. What rounding took from the weights is not in the
file and does not come back.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.layer_values import accumulator_unit
from mendlite.model.operator_kinds import CONVERSIONS
from mendlite.model.recurrent import integer_lstms
from mendlite.model.svdf import integer_svdfs
from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.tflite.tensors import TYPES
from mendlite.tflite.verified_table import VerifiedTable, root

STEPS = STORED | {DType.INT4}
"""Types whose values count steps of a scale; biases besides."""

ALIGNED = 16
"""Constants of a ``.tflite`` begin at multiples of so many bytes."""


def in_float(model: Model) -> bytes:
    """The float twin of a quantized model.

    Raises UnsupportedModelError where a constant is sparse, is shared by tensors of other scales
    or lies in another subgraph, and where there is nothing to compute back.
    """
    raw = root(model.data)
    if len(raw.children("subgraphs")) > 1:
        raise UnsupportedModelError("a float twin of a model with several subgraphs is not written")
    real = _real_constants(model)
    changed = {t.index for t in model.tensors if t.dtype in STEPS and _has_scale(t)}
    if not changed:
        raise UnsupportedModelError("the file has no quantized tensor: it is a float model already")
    data = bytearray(model.data)
    tensors = raw.children("subgraphs")[0].children("tensors")
    for index in changed | real.keys():
        data[tensors[index].where("type")] = TYPES.index(DType.FLOAT32)
        _forget_quantization(data, tensors[index])
    _leave_out(data, model, raw.children("subgraphs")[0])
    return _with_constants(data, model, raw, real)


def _real_constants(model: Model) -> dict[int, NDArray[np.float32]]:
    """The constants in real values, by tensor."""
    real = {bias: _bias(model, bias, unit) for bias, unit in _units(model)}
    for tensor in model.tensors:
        if tensor.dtype not in STEPS or tensor.buffer is None or not _has_scale(tensor):
            continue
        if tensor.data is None:
            raise UnsupportedModelError(f"tensor {tensor.index} '{tensor.name}' is sparse")
        real[tensor.index] = _real(tensor)
    return real


def _has_scale(tensor: Tensor) -> bool:
    return tensor.quant is not None or tensor.blocks is not None


def _real(tensor: Tensor) -> NDArray[np.float32]:
    if tensor.blocks is not None:
        by_block = tensor.constant().astype(np.float64) * tensor.blocks.of_weights()
        return by_block.astype(np.float32)
    quant, shape = tensor.quantization(), [1] * len(tensor.shape)
    if quant.per_channel:
        shape[quant.axis] = quant.scale.size
    scale, zero = quant.scale.reshape(shape), quant.zero_point.reshape(shape)
    steps = tensor.constant().astype(np.float64) - zero
    real: NDArray[np.float32] = (steps * scale).astype(np.float32)
    return real


def _units(model: Model) -> Iterator[tuple[int, NDArray[np.float64] | float]]:
    """The integer biases of layers, LSTMs and SVDFs, and the real value of one of their steps."""
    tensors = model.tensors
    for layer in model.layers:
        if layer.bias is not None and tensors[layer.bias].dtype is not DType.FLOAT32:
            yield layer.bias, accumulator_unit(model, layer)
    for lstm in integer_lstms(model):
        for bias, weights in zip(lstm.biases, lstm.weights, strict=True):
            yield bias, tensors[lstm.input].scale * tensors[weights].scale
    for svdf in integer_svdfs(model):
        if svdf.bias is not None and tensors[svdf.bias].dtype is not DType.FLOAT32:
            yield svdf.bias, tensors[svdf.state].scale * tensors[svdf.time].scale


def _bias(model: Model, bias: int, unit: NDArray[np.float64] | float) -> NDArray[np.float32]:
    """An integer bias in real values; ``unit`` is one for all, or one a value."""
    stored = model.tensors[bias].constant()
    steps = stored.reshape(-1).astype(np.float64)
    return (steps * unit).astype(np.float32).reshape(stored.shape)


def _forget_quantization(data: bytearray, tensor: VerifiedTable) -> None:
    """Leave the field out: a table's vtable then has 0 in its place.

    Tables may share a vtable: those are of tensors, too, and no other one needs its scale.
    """
    number = tensor.schema.numbers["quantization"]
    if tensor.has(number):
        vtable = tensor.at - struct.unpack_from("<i", data, tensor.at)[0]
        struct.pack_into("<H", data, vtable + 4 + 2 * number, 0)


def _leave_out(data: bytearray, model: Model, graph: VerifiedTable) -> None:
    """Remove the conversions: who reads their output reads their input instead."""
    source: dict[int, int] = {}
    for operator in model.operators:
        if operator.op in CONVERSIONS and _between_floats(model, operator):
            entry = operator.inputs[0]
            source[operator.outputs[0]] = source.get(entry, entry)
    kept = [o for o in model.operators if o.outputs[0] not in source]
    if not kept:
        raise UnsupportedModelError("the file converts types and computes nothing")
    operators = graph.children("operators")
    for operator in kept:
        _rename(data, operators[operator.index], "inputs", source)
    _rename(data, graph, "outputs", source)
    begin, _ = graph.vector("operators")
    struct.pack_into("<I", data, begin - 4, len(kept))
    for place, operator in enumerate(kept):
        at = begin + 4 * place
        struct.pack_into("<I", data, at, operators[operator.index].at - at)


def _between_floats(model: Model, operator: Operator) -> bool:
    """Whether a conversion has float values at both ends once all steps are real values."""
    ends = (model.tensors[t] for t in (operator.inputs[0], operator.outputs[0]))
    return all(t.dtype is DType.FLOAT32 or t.dtype in STEPS for t in ends)


def _rename(data: bytearray, table: VerifiedTable, field: str, source: Mapping[int, int]) -> None:
    begin, _ = table.vector(field)
    for place, tensor in enumerate(table.integers(field)):
        if tensor in source:
            struct.pack_into("<i", data, begin + 4 * place, source[tensor])


def _with_constants(
    data: bytearray, model: Model, raw: VerifiedTable, real: Mapping[int, NDArray[np.float32]]
) -> bytes:
    """The file with other bytes in the buffers of these tensors, all behind what is there."""
    buffers = raw.children("buffers")
    written: dict[int, bytes] = {}
    for index, values in sorted(real.items()):
        buffer = model.tensors[index].buffer
        if buffer is None:
            continue
        content = values.tobytes()
        _require_alone(model, buffer.tensors, real)
        if written.setdefault(buffer.index, content) != content:
            raise UnsupportedModelError(
                f"tensors {', '.join(map(str, buffer.tensors))} share their bytes and mean other "
                "values: their float twin needs two constants"
            )
    for number, content in written.items():
        data += bytes(-(len(data) + 4) % ALIGNED)
        _point(data, buffers[number], len(data), content)
        data += struct.pack("<I", len(content)) + content
    return bytes(data)


def _require_alone(
    model: Model, tensors: Sequence[int], real: Mapping[int, NDArray[np.float32]]
) -> None:
    for index in tensors:
        if index not in real:
            raise UnsupportedModelError(
                f"tensor {index} '{model.tensors[index].name}' shares the bytes of a constant "
                "that becomes float"
            )


def _point(data: bytearray, buffer: VerifiedTable, at: int, content: bytes) -> None:
    """Make a ``Buffer`` name the vector that will begin at ``at``."""
    if buffer.scalar("offset", "Q") > 1:
        struct.pack_into("<Q", data, buffer.where("offset"), at + 4)
        struct.pack_into("<Q", data, buffer.where("size"), len(content))
        return
    field = buffer.where("data")
    struct.pack_into("<I", data, field, at - field)
