"""The first subgraph of a ``.tflite``: its tensors and operators."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.block_scales import with_blocks
from mendlite.checker.flatbuffer import FlatbufferTable, root
from mendlite.checker.options import options_of
from mendlite.checker.signatures import subgraph_of
from mendlite.checker.tensor import TensorView, read_tensor, scales_of
from mendlite.checker.variables import STATE, Variables, read_variables
from mendlite.errors import MalformedModelError, UnsupportedModelError

LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"

SVDF = "SVDF"
"""Of one frame; it keeps those before in a state of its own."""

DENSIFY = "DENSIFY"
"""Of a sparse constant alone."""

OPS = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D",
    5: "DEPTH_TO_SPACE", 6: "DEQUANTIZE", 9: "FULLY_CONNECTED", 11: "L2_NORMALIZATION",
    14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 20: "RELU_N1_TO_1", 21: "RELU6",
    22: "RESHAPE", 23: "RESIZE_BILINEAR", 25: "SOFTMAX", 26: "SPACE_TO_DEPTH", 27: SVDF,
    28: "TANH",
    34: "PAD", 36: "GATHER", 37: "BATCH_TO_SPACE_ND", 38: "SPACE_TO_BATCH_ND", 39: "TRANSPOSE",
    40: "MEAN", 41: "SUB", 42: "DIV", 43: "SQUEEZE", 44: LSTM, 45: "STRIDED_SLICE", 47: "EXP",
    49: "SPLIT",
    50: "LOG_SOFTMAX", 53: "CAST", 54: "PRELU", 55: "MAXIMUM", 56: "ARG_MAX", 57: "MINIMUM",
    58: "LESS", 59: "NEG", 61: "GREATER", 62: "GREATER_EQUAL", 63: "LESS_EQUAL", 64: "SELECT",
    71: "EQUAL", 72: "NOT_EQUAL", 84: "LOGICAL_OR", 86: "LOGICAL_AND", 87: "LOGICAL_NOT",
    123: "SELECT_V2", 124: DENSIFY,
    60: "PADV2", 65: "SLICE", 67: "TRANSPOSE_CONV", 69: "TILE", 70: "EXPAND_DIMS", 73: "LOG",
    74: "SUM", 75: "SQRT", 76: "RSQRT", 77: "SHAPE", 82: "REDUCE_MAX", 83: "PACK", 88: "UNPACK",
    89: "REDUCE_MIN", 97: "RESIZE_NEAREST_NEIGHBOR", 98: "LEAKY_RELU", 99: "SQUARED_DIFFERENCE",
    100: "MIRROR_PAD", 102: "SPLIT_V", 105: "REVERSE_V2", 107: "GATHER_ND", 111: "ELU",
    114: "QUANTIZE", 117: "HARD_SWISH", 126: "BATCH_MATMUL", 128: "CUMSUM", 129: "CALL_ONCE",
    130: "BROADCAST_TO", 142: "VAR_HANDLE", 143: "READ_VARIABLE", 144: "ASSIGN_VARIABLE",
    150: "GELU",
}  # fmt: skip
"""The schema's ``BuiltinOperator``, as far as it matters here."""

LAYERS = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
"""Operators with weights (their input 1), and which input is the bias."""

STATES = {LSTM: (18, 19), SVDF: (4,)}
"""Inputs of operators that are states: nothing writes them before the first step."""

SCALED = {3, 7, 9, 17, 19, 20}
"""Types (8 and 16 bits and below) whose values mean nothing without a scale."""

BIASES = {0: (0,), 3: (2,), 7: (2, 4), 9: (2,)}
"""Types of a bias by the type of the input: Prepare of TFLite's layers."""

FLOAT16 = 1
"""The schema's number of the type."""

MOST_TENSORS, MOST_ENDS = 2**17, 2**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """An operator; a left-out optional input is -1. ``options`` is its builtin options table.

    ``intermediates`` are tensors that hold nothing but an LSTM's inner quantization.
    """

    index: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: FlatbufferTable | None
    intermediates: tuple[int, ...] = ()

    def option(self, field: int, form: str, default: float = 0) -> Any:
        """A scalar option; the schema's default where the file leaves it out."""
        return default if self.options is None else self.options.scalar(field, form, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A parsed file."""

    tensors: tuple[TensorView, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    variables: Variables = field(default_factory=Variables)

    def producer(self, tensor: int) -> Op | None:
        """The operator that writes ``tensor``."""
        return next((op for op in self.ops if tensor in op.outputs), None)


def read_graph(data: bytes, signature: str | None = None) -> Graph:
    """Parse the file, the subgraph of ``signature`` where one is named, else the first.

    Raises MalformedModelError, naming the place.
    """
    model = root(data)
    subgraphs = model.vector(2, 4, "subgraphs")
    if subgraphs is None or subgraphs.count < 1:
        raise MalformedModelError("the file holds no subgraph")
    chosen = subgraph_of(model, signature, subgraphs.count)
    subgraph = subgraphs.table(chosen)
    buffers = model.vector(4, 4, "buffers")
    names = [_op_name(code) for code in _tables(model, 1, "operator_codes")]
    ops = _ops(subgraph, names)
    tables = _tables(subgraph, 0, "tensors")
    ends = subgraph.numbers(1, "<i4", MOST_ENDS, "inputs")
    ends += subgraph.numbers(2, "<i4", MOST_ENDS, "outputs")
    _require_tensors(ops, ends, len(tables))
    others = []
    numbers = _initialising(ops, subgraphs.count)
    if chosen in numbers:
        raise MalformedModelError("CALL_ONCE runs its own subgraph")
    if signature is None and len(numbers) != subgraphs.count - 1:
        raise UnsupportedModelError(
            f"the file has {subgraphs.count} subgraphs: the checker reads one"
        )
    for number in numbers:
        other = subgraphs.table(number)
        inside, own = _ops(other, names), _tables(other, 0, "tensors")
        _require_tensors(inside, (), len(own))
        others.append((len(tables), inside))
        tables += own
    tensors = with_blocks(tables, [read_tensor(t, i, buffers) for i, t in enumerate(tables)])
    graph = Graph(
        tensors=_with_known(_with_empty_constants(tensors, ops, subgraph), ops),
        ops=ops,
        inputs=subgraph.numbers(1, "<i4", MOST_ENDS, "inputs"),
        outputs=subgraph.numbers(2, "<i4", MOST_ENDS, "outputs"),
        variables=read_variables(ops, others, tensors),
    )
    _require_order(graph)
    _require_scales(graph, subgraph)
    _require_biases(graph)
    _require_packed_weights(graph)
    return graph


def _require_order(graph: Graph) -> None:
    """Each tensor has one producer, in front of all that reads it: walks along producers end."""
    seen = set(graph.inputs)
    for op in graph.ops:
        seen.update(op.inputs)
        for index in op.outputs:
            if index in seen:
                raise MalformedModelError(
                    f"operator {op.index} {op.name}: tensor {index} is written by it, but also read"
                    " or written before, or an input of the model"
                )
            seen.add(index)


def keeps_state(graph: Graph) -> bool:
    """Whether the model keeps values from one frame to the next."""
    return any(op.name in STATE or op.name == SVDF for op in graph.ops)


def _initialising(ops: tuple[Op, ...], count: int) -> list[int]:
    """The subgraphs that CALL_ONCE runs, each once, of ``count``; the first is none of them."""
    numbers = [int(op.option(0, "i")) for op in ops if op.name == "CALL_ONCE"]
    found = list(dict.fromkeys(numbers))
    if any(not 0 < number < count for number in found):
        raise MalformedModelError("CALL_ONCE runs a subgraph that does not exist")
    return found


def _with_empty_constants(
    tensors: tuple[TensorView, ...], ops: tuple[Op, ...], subgraph: FlatbufferTable
) -> tuple[TensorView, ...]:
    """Tensors without elements that nothing writes are constants, with or without a buffer."""
    written = {t for op in ops for t in op.outputs}
    written.update(subgraph.numbers(1, "<i4", MOST_ENDS, "inputs"))
    return tuple(
        replace(t, data=np.zeros(t.shape, t.dtype))
        if 0 in t.shape and t.data is None and t.dtype is not None and t.index not in written
        else t
        for t in tensors
    )


def _with_known(tensors: tuple[TensorView, ...], ops: tuple[Op, ...]) -> tuple[TensorView, ...]:
    """The tensors, with what DENSIFY and DEQUANTIZE of float16 make of constants.

    Layers may have it as weights and biases.
    """
    made: dict[int, NDArray[Any]] = {}
    for op in ops:
        if (len(op.inputs), len(op.outputs)) != (1, 1) or op.inputs[0] < 0:
            continue
        source, output = tensors[op.inputs[0]], tensors[op.outputs[0]]
        values = source.known if op.name == DENSIFY else made.get(source.index, source.data)
        if op.name == "DEQUANTIZE" and values is not None:
            values = values.astype(np.float32) if source.type == FLOAT16 else None
        if op.name in {DENSIFY, "DEQUANTIZE"} and values is not None:
            made[output.index] = values
    return tuple(replace(t, known=made[t.index]) if t.index in made else t for t in tensors)


def _require_scales(graph: Graph, subgraph: FlatbufferTable) -> None:
    """A scale of 0 is refused where an operator scales by it."""
    zeros = {
        index
        for index, table in enumerate(_tables(subgraph, 0, "tensors"))
        if graph.tensors[index].quant is None
        and (scale := scales_of(table)) is not None
        and not scale.array("<f4").all()
    }
    for op in graph.ops:
        slot = LAYERS.get(op.name, len(op.inputs))
        for index in zeros.intersection((*op.inputs, *op.outputs)):
            tensor = graph.tensors[index]
            converts = op.name in ("QUANTIZE", "DEQUANTIZE") and tensor.type != 0
            if tensor.type in SCALED or converts or index in op.inputs[slot : slot + 1]:
                name = f"tensor {index} '{tensor.name}'"
                raise MalformedModelError(f"{name}: a scale is not positive (0)")


def _require_biases(graph: Graph) -> None:
    """A bias of another type than the kernels read is refused: they would run past its end."""
    for op in graph.ops:
        slot = LAYERS.get(op.name, len(op.inputs))
        if len(op.inputs) <= slot:
            continue
        read, constant = op.inputs[2 if op.name == "TRANSPOSE_CONV" else 0], op.inputs[slot]
        if read < 0 or constant < 0:
            continue
        source, bias = graph.tensors[read], graph.tensors[constant]
        if bias.type not in BIASES.get(source.type, (bias.type,)):
            name = f"tensor {bias.index} '{bias.name}'"
            raise MalformedModelError(f"{name}: no kernel supports a bias of its type")


def _require_packed_weights(graph: Graph) -> None:
    """An int4 tensor is the constant weights of a layer: no kernel reads it elsewhere."""
    for op in graph.ops:
        takes = op.name in LAYERS and op.name != "TRANSPOSE_CONV"
        weights = op.inputs[1:2] if takes else ()
        others = (*op.inputs[:1], *op.inputs[2:], *op.outputs) if takes else op.inputs + op.outputs
        wrong = [t for t in others if t >= 0 and graph.tensors[t].packed]
        wrong += [t for t in weights if t >= 0 and _computed_int4(graph.tensors[t])]
        if wrong:
            tensor = graph.tensors[wrong[0]]
            name = f"tensor {tensor.index} '{tensor.name}'"
            raise UnsupportedModelError(f"{name}: int4 where it is no layer's constant weights")


def _computed_int4(tensor: TensorView) -> bool:
    return tensor.packed and tensor.data is None


def _tables(table: FlatbufferTable, field: int, name: str) -> list[FlatbufferTable]:
    vector = table.vector(field, 4, name)
    if vector is None or vector.count > MOST_TENSORS:
        raise MalformedModelError(f"{table.place}: {name} are missing or too many")
    return [vector.table(i) for i in range(vector.count)]


def _op_name(code: FlatbufferTable) -> str:
    # Either field may hold the code: the larger counts.
    value = max(int(code.scalar(3, "i")), int(code.scalar(0, "b")))
    return OPS.get(value, f"BUILTIN_{value}")


def _ops(subgraph: FlatbufferTable, names: list[str]) -> tuple[Op, ...]:
    return tuple(_op(o, i, names) for i, o in enumerate(_tables(subgraph, 3, "operators")))


def _op(table: FlatbufferTable, index: int, names: list[str]) -> Op:
    code = int(table.scalar(0, "I"))
    if code >= len(names):
        raise MalformedModelError(f"{table.place}: operator code {code} does not exist")
    return Op(
        index=index,
        name=names[code],
        inputs=table.numbers(1, "<i4", MOST_ENDS, "inputs"),
        outputs=table.numbers(2, "<i4", MOST_ENDS, "outputs"),
        options=options_of(table, names[code]),
        intermediates=table.numbers(8, "<i4", MOST_ENDS, "intermediates"),
    )


def _require_tensors(ops: tuple[Op, ...], ends: tuple[int, ...], count: int) -> None:
    """Raise where a subgraph with these ``ends`` names none of its ``count`` tensors."""
    written = [*ends, *(t for op in ops for t in op.outputs)]
    optional = [t for op in ops for t in (*op.inputs, *op.intermediates)]
    if any(not 0 <= t < count for t in written) or any(not -1 <= t < count for t in optional):
        raise MalformedModelError("the graph names a tensor that does not exist")
