"""A model of one operator, cut from a file with its constants, options and custom code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.packing import packed_size, write_packed
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.operator_options import CopiedOptions, add_options
from mendlite.tflite.tensors import TYPES
from mendlite.tflite.verified_table import VerifiedTable, root


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOperator:
    """A ``.tflite`` of one operator.

    ``inputs`` and ``outputs`` are the tensors of the whole model that its own are, in their order;
    each input that the file computes is there once.
    """

    data: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def one_operator(
    model: Model,
    operator: Operator,
    known: Mapping[int, NDArray[Any]],
    samples: int = 1,
    batched: Collection[int] = (),
) -> OneOperator:
    """Cut ``operator`` out of ``model``.

    ``known`` are values that follow from static shapes: they become constants. The first axis of
    the tensors in ``batched`` is made for so many ``samples``. Raises UnsupportedModelError for
    options that are not copied.
    """
    subgraph = root(model.data).children("subgraphs")[model.subgraph]
    raw = subgraph.children("operators")[operator.index]
    own = [*operator.inputs, *raw.integers("intermediates"), *operator.outputs]
    order = list(dict.fromkeys(t for t in own if t >= 0))
    computed = tuple(
        t
        for t in dict.fromkeys(operator.inputs)
        if t >= 0 and model.tensors[t].buffer is None and t not in known and not _still(model, t)
    )
    writer = _Writer(model, order, known, max(1, samples), frozenset(batched))
    return OneOperator(
        data=writer.write(operator, raw, computed), inputs=computed, outputs=operator.outputs
    )


def _still(model: Model, tensor: int) -> bool:
    """Whether nobody feeds a tensor: a variable, or a constant without values."""
    described = model.tensors[tensor]
    return described.is_variable or 0 in described.shape


class _Writer:
    """Writes one model; tensors and buffers in the order of ``order``, buffer 0 is empty."""

    def __init__(
        self,
        model: Model,
        order: list[int],
        known: Mapping[int, NDArray[Any]],
        samples: int,
        batched: frozenset[int],
    ) -> None:
        import flatbuffers

        self._builder = flatbuffers.Builder(1024)
        self._model, self._order, self._known = model, order, known
        self._samples, self._batched = samples, batched

    def write(self, operator: Operator, raw: VerifiedTable, inputs: tuple[int, ...]) -> bytes:
        """The bytes of the model."""
        import tflite

        b, place = self._builder, {tensor: i for i, tensor in enumerate(self._order)}
        code = self._code(raw)
        options = add_options(b, raw, f"operator {operator.index} {operator.op}")
        buffers, numbers = self._buffers()
        tensors = self._offsets(
            [
                self._tensor(self._model.tensors[t], n)
                for t, n in zip(self._order, numbers, strict=True)
            ]
        )
        lists = [
            b.CreateNumpyVector(np.array([place.get(t, -1) for t in some], np.int32))
            for some in (operator.inputs, operator.outputs, raw.integers("intermediates"))
        ]
        ends = [
            b.CreateNumpyVector(np.array([place[t] for t in some], np.int32))
            for some in (inputs, operator.outputs)
        ]
        operators = self._offsets([self._operator(lists, options)])
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensors)
        tflite.SubGraphAddInputs(b, ends[0])
        tflite.SubGraphAddOutputs(b, ends[1])
        tflite.SubGraphAddOperators(b, operators)
        graphs = self._offsets([tflite.SubGraphEnd(b)])
        codes = self._offsets([code])
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, self._model.version)
        tflite.ModelAddOperatorCodes(b, codes)
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddBuffers(b, buffers)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return options.completed(bytes(b.Output()))

    def _offsets(self, offsets: list[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _code(self, raw: VerifiedTable) -> int:
        import tflite

        code = root(self._model.data).children("operator_codes")[raw.scalar("opcode_index", "I")]
        name = code.text("custom_code")
        custom = self._builder.CreateString(name) if name else 0
        tflite.OperatorCodeStart(self._builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(
            self._builder, code.scalar("deprecated_builtin_code", "b")
        )
        tflite.OperatorCodeAddBuiltinCode(self._builder, code.scalar("builtin_code", "i"))
        tflite.OperatorCodeAddVersion(self._builder, code.scalar("version", "i", 1))
        if name:
            tflite.OperatorCodeAddCustomCode(self._builder, custom)
        return int(tflite.OperatorCodeEnd(self._builder))

    def _buffers(self) -> tuple[int, list[int]]:
        """The vector of buffers, and each tensor's number in it."""
        buffers = [self._buffer(b"")]
        numbers: list[int] = []
        for tensor in self._order:
            content = self._content(tensor)
            numbers.append(len(buffers) if content else 0)
            if content:
                buffers.append(self._buffer(content))
        return self._offsets(buffers), numbers

    def _buffer(self, content: bytes) -> int:
        import tflite

        data = self._bytes(content) if content else 0
        tflite.BufferStart(self._builder)
        if content:
            tflite.BufferAddData(self._builder, data)
        return int(tflite.BufferEnd(self._builder))

    def _bytes(self, content: bytes) -> int:
        self._builder.StartVector(1, len(content), 16)
        self._builder.head -= len(content)
        self._builder.Bytes[self._builder.head : self._builder.head + len(content)] = content
        return int(self._builder.EndVector())

    def _content(self, tensor: int) -> bytes:
        """A constant's bytes; its values in memory may be other than the file's."""
        if tensor in self._known:
            return self._known[tensor].tobytes()
        constant = self._model.tensors[tensor]
        if constant.buffer is None:
            return b""
        if constant.sparse:
            raise UnsupportedModelError(f"tensor {tensor} '{constant.name}' is sparse")
        if constant.data is not None and constant.dtype is DType.INT4:
            nibbles = np.zeros(packed_size(constant.data.size), np.uint8)
            write_packed(nibbles, np.arange(constant.data.size), constant.data.reshape(-1))
            return nibbles.tobytes()
        if constant.data is not None:
            return constant.data.tobytes()
        return self._model.data[
            constant.buffer.offset : constant.buffer.offset + constant.buffer.size
        ]

    def _tensor(self, tensor: Tensor, buffer: int) -> int:
        import tflite

        b, shape = self._builder, tensor.shape
        if tensor.index in self._batched and shape:
            shape = (shape[0] * self._samples, *shape[1:])
        name = b.CreateString(f"t{tensor.index}")
        extents = b.CreateNumpyVector(np.array(shape, np.int32))
        quant = self._quantization(tensor)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, extents)
        tflite.TensorAddType(b, TYPES.index(tensor.dtype))
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, name)
        if quant:
            tflite.TensorAddQuantization(b, quant)
        if tensor.is_variable:
            tflite.TensorAddIsVariable(b, True)
        return int(tflite.TensorEnd(b))

    def _quantization(self, tensor: Tensor) -> int:
        import tflite

        if tensor.blocks is not None:
            raise UnsupportedModelError(
                f"tensor {tensor.index} '{tensor.name}' has a scale for each block"
            )
        if tensor.quant is None:
            return 0
        b = self._builder
        scale = b.CreateNumpyVector(tensor.quant.scale.astype("<f4"))
        zero = b.CreateNumpyVector(tensor.quant.zero_point.astype("<i8"))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scale)
        tflite.QuantizationParametersAddZeroPoint(b, zero)
        tflite.QuantizationParametersAddQuantizedDimension(b, tensor.quant.axis)
        return int(tflite.QuantizationParametersEnd(b))

    def _operator(self, lists: list[int], options: CopiedOptions) -> int:
        import tflite

        b = self._builder
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, 0)
        tflite.OperatorAddInputs(b, lists[0])
        tflite.OperatorAddOutputs(b, lists[1])
        tflite.OperatorAddIntermediates(b, lists[2])
        options.refer(b)
        return int(tflite.OperatorEnd(b))
